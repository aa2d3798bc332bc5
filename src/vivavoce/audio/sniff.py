"""What a file is, by its first bytes: which audio, or plainly something else."""

from codecs import getincrementaldecoder
from dataclasses import dataclass

HEAD = 512
"""How many of the first bytes (fewer only if the file has fewer) the answer is made from."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An audio or video container."""

    name: str
    media_type: str


def _matroska(head: bytes) -> Kind:
    name = "webm" if b"webm" in head[:64] else "matroska"
    video = b"V_" in head  # a track's codec, as in V_VP9
    return Kind(name, f"{'video' if video else 'audio'}/{'webm' if name == 'webm' else 'matroska'}")


def _mp4(head: bytes) -> Kind:
    brand = head[8:12]
    if brand.startswith(b"M4"):  # M4A and M4B; M4V is the rare other
        return Kind("mp4", "video/mp4" if brand == b"M4V " else "audio/mp4")
    if brand == b"qt  " or head[4:8] != b"ftyp":
        return Kind("mp4", "video/quicktime")
    return Kind("mp4", "video/3gpp" if brand.startswith(b"3g") else "video/mp4")


def _ogg(head: bytes) -> Kind:
    return Kind("ogg", "video/ogg" if b"theora" in head else "audio/ogg")


_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")

_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (8, b"WAVE", "wav", "audio/wav"),
    (8, b"AVI ", "avi", "video/x-msvideo"),
    (8, b"AIFF", "aiff", "audio/aiff"),
    (8, b"AIFC", "aiff", "audio/aiff"),
    (0, b"fLaC", "flac", "audio/flac"),
    (0, b"ID3", "mp3", "audio/mpeg"),
    (0, b"#!AMR", "amr", "audio/amr"),
    (0, b".snd", "au", "audio/basic"),
    (0, b"caff", "caf", "audio/x-caf"),
    (0, b"FLV", "flv", "video/x-flv"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "asf", "audio/x-ms-wma"),
    (0, b"\0\0\x01\xba", "mpeg", "video/mpeg"),
    (188, b"\x47", "mpegts", "video/mp2t"),
)


def sniff(head: bytes) -> Kind | None:
    """What the file that begins with `head` is. None: no audio that is known by its beginning."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _matroska(head)
    if head[4:8] in _BOXES:
        return _mp4(head)
    if head.startswith(b"OggS"):
        return _ogg(head)
    for at, magic, name, media_type in _MAGIC:
        if head.startswith(magic, at) and (name != "mpegts" or head[:1] == b"\x47"):
            return Kind(name, media_type)
    return _mpeg_audio(head)


def _mpeg_audio(head: bytes) -> Kind | None:
    """MP3 and AAC frames without a file header begin with eleven or twelve set bits."""
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:  # layer 0 is AAC's ADTS
        return Kind("aac", "audio/aac")
    return Kind("mp3", "audio/mpeg") if head[1] & 0xE0 == 0xE0 and head[1] & 0x06 else None


_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)


def foreign(head: bytes) -> str | None:
    """What the file plainly is instead of audio, as in "a PNG image"; None if it may be audio."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP image"
    if (kind := sniff(head)) is not None and kind.name != "mp3":  # a JPEG looks like MP3 at first
        return None
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            return what
    if kind is None and _is_text(head):
        return "a web page" if head.lstrip()[:5].lower() in (b"<!doc", b"<html") else "text"
    return None


def _is_text(head: bytes) -> bool:
    if not head or any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in head):
        return False
    decoder = getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head, final=len(head) < HEAD)  # else its last character may be cut
    except UnicodeDecodeError:
        return False
    return True
