"""What an app of the Azure Speech SDK does, as a program of its own: the SDK has threads that
no test could end. `argv[1]` is JSON; what the app is told is printed as JSON, line by line.
"""

import json
import sys
import threading
import time
import wave
from typing import Any

import azure.cognitiveservices.speech as sdk

LIMIT = 120.0  # seconds; only for what hangs
HEARD = threading.Event()
"""There are words; nobody need wait any more as if somebody spoke."""

ASKED: dict[str, Any] = json.loads(sys.argv[1])

KEY = ASKED.get("key", "any")


def tell(event: str, **more: Any) -> None:
    print(json.dumps({"event": event, **more}), flush=True)


def config() -> Any:
    if "to" in ASKED:
        found = sdk.translation.SpeechTranslationConfig(subscription=KEY, **ASKED["at"])
        for language in ASKED["to"]:
            found.add_target_language(language)
    else:
        found = sdk.SpeechConfig(subscription=KEY, **ASKED["at"])
    if "language" in ASKED:
        found.speech_recognition_language = ASKED["language"]
    if ASKED.get("words"):
        found.request_word_level_timestamps()
        found.output_format = sdk.OutputFormat.Detailed
    if ASKED.get("dictation"):
        found.enable_dictation()
    for name, value in ASKED.get("properties", {}).items():
        found.set_property(getattr(sdk.PropertyId, name), value)
    return found


def audio() -> Any:
    """A file; what is in one, as it is said; or a microphone with nobody near."""
    if "file" in ASKED:
        return sdk.audio.AudioConfig(filename=ASKED["file"])
    shape, sound = (16_000, 16, 1), bytes(int(LIMIT) * 32_000)
    if "push" in ASKED:
        with wave.open(ASKED["push"]) as file:
            shape = (file.getframerate(), file.getsampwidth() * 8, file.getnchannels())
            sound = file.readframes(file.getnframes())
    stream = sdk.audio.PushAudioInputStream(sdk.audio.AudioStreamFormat(*shape))
    tenth = shape[0] // 10 * shape[1] // 8 * shape[2]

    def push() -> None:
        for at in range(0, len(sound), tenth):
            stream.write(sound[at : at + tenth])
            HEARD.wait(0.1)
        stream.close()

    threading.Thread(target=push, daemon=True).start()
    return sdk.audio.AudioConfig(stream=stream)


def recognizer() -> Any:
    if "to" in ASKED:
        return sdk.translation.TranslationRecognizer(
            translation_config=config(), audio_config=audio()
        )
    if ASKED.get("speakers"):
        return sdk.transcription.ConversationTranscriber(config(), audio())
    among = ASKED.get("languages")
    detect = among and sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=among)
    found = sdk.SpeechRecognizer(
        config(), audio_config=audio(), auto_detect_source_language_config=detect or None
    )
    if "phrases" in ASKED:
        phrases = sdk.PhraseListGrammar.from_recognizer(found)
        for phrase in ASKED["phrases"]:
            phrases.addPhrase(phrase)
    return found


def result(event: str, found: Any) -> None:
    said = {"text": found.text, "reason": found.reason.name, "json": found.json}
    if found.reason == sdk.ResultReason.NoMatch:
        said["why"] = found.no_match_details.reason.name
    if found.reason == sdk.ResultReason.Canceled:
        said["why"] = found.cancellation_details.reason.name
        said["details"] = found.cancellation_details.error_details
    if hasattr(found, "speaker_id"):
        said["speaker"] = found.speaker_id
    if hasattr(found, "translations"):
        said["translations"] = dict(found.translations)
    language = found.properties.get(
        sdk.PropertyId.SpeechServiceConnection_AutoDetectSourceLanguageResult
    )
    tell(event, offset=found.offset, duration=found.duration, language=language, **said)


def canceled(event: Any) -> None:
    why = event.cancellation_details
    tell("canceled", why=why.reason.name, code=why.code.name, details=why.error_details)


def continuous(found: Any) -> None:
    """To the end of the audio, or to the first words where somebody stops it."""
    conversation = ASKED.get("speakers")
    interim, final = "recognizing", "recognized"
    if conversation:
        interim, final = "transcribing", "transcribed"
    over = threading.Event()

    def hearing(event: Any) -> None:
        HEARD.set()
        result("recognizing", event.result)
        if ASKED.get("stop"):
            over.set()

    getattr(found, interim).connect(hearing)
    getattr(found, final).connect(lambda event: result("recognized", event.result))
    found.canceled.connect(canceled)
    found.session_stopped.connect(lambda _: over.set())
    if hasattr(found, "speech_start_detected"):
        found.speech_start_detected.connect(lambda event: tell("started", offset=event.offset))
        found.speech_end_detected.connect(lambda event: tell("ended", offset=event.offset))
    work = "transcribing" if conversation else "continuous_recognition"
    getattr(found, f"start_{work}_async")().get()
    assert over.wait(LIMIT), "no end came"
    began = time.monotonic()
    getattr(found, f"stop_{work}_async")().get()
    tell("stopped", took=time.monotonic() - began)


def main() -> None:
    tell("sdk", version=sdk.__version__)
    found = recognizer()
    if ASKED.get("once"):
        for _ in range(ASKED["once"]):
            result("recognized", found.recognize_once_async().get())
    else:
        continuous(found)


main()
