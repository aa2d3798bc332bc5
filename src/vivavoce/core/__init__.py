"""What a session is, without input or output: plain data and state machines.

Nothing here knows of asyncio, sockets, threads, files or a framework.
"""
