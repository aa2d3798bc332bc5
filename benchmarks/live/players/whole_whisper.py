"""What faster-whisper reads in whole clips, with its defaults: the same weights, at leisure.

python whole_whisper.py MODEL < wavs.json > texts.json
"""

import json
import sys

from faster_whisper import WhisperModel

if __name__ == "__main__":
    model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8")
    texts = []
    for wav in json.load(sys.stdin):
        segments, _ = model.transcribe(wav, language="en")
        texts.append("".join(segment.text for segment in segments))
    json.dump(texts, sys.stdout)
