"""The words of the page."""

INTRODUCTION = """\
What live captions are judged by: how soon words show, how little they change, that none is lost
or invented, and how many people one machine can serve. Everything here but the long session and
the many connections is measured in one run, on the same audio, at the pace of speech. The first
column is the default configuration of the default install. The second is the same configuration
where the extra `better` is installed: finals are made by base-en as long as there is room.
Machines differ and this one is noisy: the ratios count."""

PEERS_NOTE = """\
Each runs in an environment of its own and is asked in the way that its own documentation shows.
SimulStreaming, whisperlivekit's other policy, needs PyTorch weights, which no package carries, so
it is not here. whisper-live's own requirements cannot all be met (PyAudio, a client's, has no
wheel for Linux; its tokenizers is older than its faster-whisper allows), so it was given those
that its server imports. The Whisper servers say no end of an utterance, so they have no final
delay; *stable* is what they mark as confirmed or completed."""

DEFINITIONS = """\
- A stream's time 0 is when its first sample is spoken. A frame of 100 ms is sent when its last
  sample is, so up to 100 ms of every delay are the frame's.
- **The chorus**: one clip of about 8 s of each of the five readers of test-other, joined without
  a pause. One stream of Vivavoce is measured with it and with one whole reading; with the chorus
  alone where it is beside a peer.
- **Interim delay**: from the end of a word in the audio to its first display. Of words that were
  said and are in the last reading; a word that only its final gets right is first displayed then.
- **Late**: first displayed more than 1 s after its end. Given as a share of those words.
- **Stable delay**: from a word's end to its first display in the stable part, or in a final.
- **Final delay**: from the end of an utterance's last word to its final; it holds the silence
  that ends an utterance (500 ms here). Where a voice ends the aligner, which knows the text, and
  the VAD, which decides, do not always agree. **By the aligner**: from where the last word ends
  for it. **That the VAD heard**: from the end of the last window of 32 ms that the VAD calls
  speech, which is 256 ms before the `end` that the final gives; utterances that were cut within
  speech have no such end. **After a flush**: from the flush, sent as each clip ends, to the final
  that answers it, beside the streams without speech.
- **Word times after their final**: from a final with words to the `revised` with their times; one
  that never came counts as never.
- **Flicker**: words shown in the tail and changed or removed by a later display, over words shown
  in a tail. Words are followed from display to display by alignment, not by their index, so an
  insertion before a word does not change it; case and punctuation do not count.
- **Stable words changed**: gone from a later display, by an interim or by a final.
- **Processor**: seconds for each second of audio, user and system, of all processes of the system
  (server, engine hosts, aligner, decoders), from `/proc`; the generator's is not in it, but where
  a peer is a library: there the thread that feeds it is in the same process.
- **Streams held**: the most at which load does not make words late, to within a tenth of them.
  Every stream of a trial plays the chorus, begun at another of its clips and up to 4 s later, so
  that all hear the same sentences as the one stream before, whose delays are known, and none says
  the same as another at the same moment. The rule is one for all systems. (1) At most 5 % of the
  words are late; a system that has more of them late with one stream may have 5 points more than
  that, unless it is half of them, when it holds none. (2) 95 % of the finals come at most 500 ms
  later than 95 % of them do with one stream. How long a system waits until it believes that a
  sentence is over is its choice and is in the final delay above; what a crowd adds to that is
  load. A fixed bar would measure the sentences: with one stream, some finals come after more than
  a second because the VAD heard breath where the aligner heard the word end. (3) At least 95 % of
  the words that are shown with one stream are shown, and nobody is refused. The search begins
  with what would take 70 % of the cores by the cost of one stream, doubles while streams are
  held, and then halves what is not known; the second column is not asked for more than the first
  holds. Servers were told to admit everybody.
- **Memory for a further stream**: what all processes have (PSS) with the streams that are held
  and with one, divided by the streams between. From 1 to 7 streams that a machine keeps up with,
  5 MB each (`python -m benchmarks.load --idle 0 --speaking 7 --minutes 1`, beside other work): in
  the server 2.5 (1.6 with an engine that answers at once, so 0.9 is what waits for a host), in the
  hosts 2.2, which is no stream's own: they grow until they have seen the longest windows. Where
  finals wait, up to four a stream, so do their samples: with 20 streams on two busy cores, far
  behind, the server had 8 MB for each.
- **Word error rate**: wrong, lost and invented words over the words of the reference; lower case,
  no punctuation, hyphens as spaces, *mister* as *mr*. **Lost** and **invented** are what the
  alignment leaves over on either side. **Whole** is the model that makes the finals, given each
  clip at once. The table of recordings is made on the sample clock by `benchmarks/accuracy.py`:
  finals depend on the samples alone. Everything in it that has an aim is read twice, once begun
  5 ms later, because where samples lie on the VAD's grid is chance. *long* is the 4-minute
  reading; its clips one by one are what it is held against.
- **Where words end**: the transcripts, aligned with the audio by pocketsphinx 5.1.1; trailing
  silence (less than 6 dB above the clip's quietest tenth) is taken off a word. **How far word
  times are off** is held against another reference: 72 single recorded words placed at known
  samples. A word that is read right is paired with the nearest such word within 1.5 s.
- **Without speech**: silence, room noise (1/f above 400 Hz, -50 dB), breath (swelling noise),
  music (plucked chords), all four synthesised, and three recorded noises, repeated: 10 minutes in
  streams of 43 s, through the same server with the same settings. Recorded music was not at hand.
- **What gives under load**: the trials of the search. **Furthest behind**: the most seconds of
  audio that a session was told were waiting to be read. **Words lost**: of what was said, in the
  last reading of all streams."""
