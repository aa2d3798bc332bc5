"""What a file is by its first bytes."""

from pathlib import Path

import pytest

from vivavoce.audio.sniff import HEAD, Kind, foreign, sniff


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("reference.flac", Kind("flac", "audio/flac")),
        ("plain.mp3", Kind("mp3", "audio/mpeg")),
        ("opus.ogg", Kind("ogg", "audio/ogg")),
        ("opus_stereo.webm", Kind("webm", "audio/webm")),
        ("index_first.m4a", Kind("mp4", "audio/mp4")),
        ("video_with_sound.mp4", Kind("mp4", "video/mp4")),
        ("adts.aac", Kind("aac", "audio/aac")),
        ("8k.amr", Kind("amr", "audio/amr")),
        ("8k_mulaw.wav", Kind("wav", "audio/wav")),
        ("big_endian.aiff", Kind("aiff", "audio/aiff")),
    ],
)
def test_audio_is_known(name: str, kind: Kind, data: Path) -> None:
    head = (data / name).read_bytes()[:HEAD]
    assert sniff(head) == kind
    assert foreign(head) is None


def test_an_mp3_without_its_tag_is_known(data: Path) -> None:
    sound = (data / "plain.mp3").read_bytes()
    head = sound[sound.index(b"\xff\xf3") :][:HEAD]
    assert sniff(head) == Kind("mp3", "audio/mpeg")


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x1aE\xdf\xa3....matroska....V_MPEG4", "video/matroska"),
        (b"\x1aE\xdf\xa3....webm....V_VP9", "video/webm"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x14ftyp3gp4", "video/3gpp"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"G" + bytes(187) + b"G", "video/mp2t"),
        (b"OggS....\x80theora", "video/ogg"),
    ],
)
def test_video_is_told_from_audio(head: bytes, media_type: str) -> None:
    kind = sniff(head)
    assert kind is not None
    assert kind.media_type == media_type


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a WebP image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04\x14\0", "a ZIP archive or an Office document"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n  <html lang=de>", "a web page"),
        ("Grüße, 你好\n".encode(), "text"),
        (("é" * HEAD).encode()[1 : HEAD + 1], None),  # begins in the middle of a character
        (("a" + "é" * HEAD).encode()[:HEAD], "text"),  # ends in the middle of one
        (b"\0\x01\x02\x03", None),
        (b"", None),
    ],
)
def test_what_is_plainly_not_audio_is_named(head: bytes, what: str | None) -> None:
    assert foreign(head) == what
