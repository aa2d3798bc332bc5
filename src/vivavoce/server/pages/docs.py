"""`/docs`: the REST interface for people, made from the OpenAPI document.

Written here because the usual viewers come from a CDN, and this server works offline.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from vivavoce.server.browsers import policy

_METHODS: Final = ("get", "post", "patch", "put", "delete")

_CODE: Final = re.compile(r"`([^`]+)`")


def mount(app: FastAPI) -> None:
    """Answer at `/docs`; the app must be made with `docs_url=None, redoc_url=None`."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        shown = page(app.openapi(), str(request.base_url).rstrip("/"))
        return HTMLResponse(shown, headers=policy.page(request))


def page(document: dict[str, Any], base: str) -> str:
    """The whole page; `base` is the server's address, for the examples."""
    about = document["info"]
    title = escape(f"{about['title']} {about['version']}")
    parts = "".join(_groups(document, base))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        '<link rel="icon" href="studio/favicon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="studio/style/docs.css">'
        f"<main><h1>{title}</h1><p>{escape(about.get('summary', ''))}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>. '
        "Every error is <code>{&quot;error&quot;: {code, message, retryable}}</code>.</p>"
        f"{parts}<h2>Forms of the answers</h2>{''.join(_schemas(document))}</main></html>"
    )


def _groups(document: dict[str, Any], base: str) -> Iterator[str]:
    group = None
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if (operation := methods.get(method)) is None:
                continue
            tag = operation.get("tags", ["other"])[0]
            if tag != group:
                group = tag
                yield f"<h2>{escape(tag.capitalize())}</h2>"
            yield _operation(method, path, operation, base)


def _operation(method: str, path: str, operation: dict[str, Any], base: str) -> str:
    text = operation.get("description") or operation.get("summary", "")
    paragraphs = "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n"))
    return (
        f"<h3><b>{method.upper()}</b> {escape(path)}</h3>{paragraphs}"
        f"<table>{''.join(_rows(operation))}</table>"
        f'<pre tabindex="0">{escape(_example(method, base + path, operation))}</pre>'
    )


def _rows(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        where = "" if parameter["in"] == "query" else f" ({parameter['in']})"
        yield _row(parameter["name"] + where, _meaning(parameter))
    for media in operation.get("requestBody", {}).get("content", {}):
        yield _row("body", media)
    for status, response in sorted(operation["responses"].items()):
        said = "" if response["description"] == "Successful Response" else response["description"]
        yield _row(status, " ".join([said, *map(_form, response.get("content", {}).items())]))


def _form(content: tuple[str, dict[str, Any]]) -> str:
    media, body = content
    return f"`{_kind(body.get('schema', {})) or media}`"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        if fields := schema.get("properties"):
            rows = (
                _row(field, f"`{_kind(about)}` {about.get('description', '')}")
                for field, about in fields.items()
            )
            yield f"<h3>{escape(name)}</h3><table>{''.join(rows)}</table>"


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(filter(None, map(_kind, schema["anyOf"])))
    if "enum" in schema:
        return " or ".join(schema["enum"])
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items', {}))} ..."
    return str(schema.get("format") or schema.get("type", ""))


def _row(name: str, meaning: str) -> str:
    return f"<tr><td><code>{escape(name)}</code><td>{_text(meaning)}</tr>"


def _text(text: str) -> str:
    """Text with `code` in it, as HTML."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _meaning(parameter: dict[str, Any]) -> str:
    schema = parameter.get("schema", {})
    said = [parameter.get("description", "")]
    if "enum" in schema:
        said.append("One of " + ", ".join(schema["enum"]) + ".")
    if schema.get("default") is not None:
        said.append(f"Default: {str(schema['default']).lower()}.")
    return " ".join(filter(None, said))


def _example(method: str, url: str, operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    command = "curl" if method == "get" else f"curl -X {method.upper()}"
    if "multipart/form-data" in content:
        return f"{command} -F file=@talk.mp3 '{url}'"
    if "application/json" in content:
        return f"{command} --json '{{...}}' '{url}'"
    return f"{command} '{url}'"
