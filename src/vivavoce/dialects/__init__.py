"""Wire protocols, one pure file each: wire messages in, commands out; events in, messages out."""
