"""The almost real-time app's way through a browser: record, send, list, delete."""

from pathlib import Path

from playwright.sync_api import Page, expect

from vivavoce.testing.process import ServerProcess

RECORDED = """async ({mode, seconds}) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const chunks = [];
  recorder.ondataavailable = (event) => chunks.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  recorder.stop();
  await stopped;
  for (const track of stream.getTracks()) track.stop();
  const form = new FormData();
  form.append("audio", new Blob(chunks, { type: "audio/webm" }), "recording.webm");
  form.append("language_setting", "en-GB");
  form.append("diarization", false);
  form.append("mode", mode);
  const answer = await fetch("/transcribe", { method: "POST", body: form });
  return [answer.status, await answer.json(), recorder.mimeType];
}"""


def test_what_a_browser_records_is_transcribed(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)
    status, answer, kind = page.evaluate(RECORDED, {"mode": "Recording", "seconds": 6})
    assert "webm" in kind
    assert (status, list(answer)) == (200, ["transcript"]), answer
    assert answer["transcript"].split()


def test_a_recording_is_heard_downloaded_and_deleted(
    page: Page, server: ServerProcess, clip: Path
) -> None:
    title = "<img src=x onerror=alert(1)> & more"
    audio = clip.read_bytes()
    upload = page.request.post(
        f"{server.url}api/v1/recordings?wait=true",
        params={"title": title},
        data=audio,
        headers={"Content-Type": "audio/wav"},
    )
    assert upload.ok, upload.text()
    page.goto(f"{server.url}list-audio")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title))
    expect(row).to_have_count(1)
    length = row.locator("audio").evaluate(
        """async (audio) => {
          audio.load();
          await new Promise((resolve) => audio.addEventListener("loadedmetadata", resolve));
          return audio.duration;
        }"""
    )
    assert round(length) == 5
    with page.expect_download() as download:
        row.get_by_role("link", name=f"Download {title}").click()
    assert download.value.path().read_bytes() == audio

    page.once("dialog", lambda dialog: dialog.dismiss())
    row.get_by_role("button", name=f"Delete {title}").click()
    expect(row).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name=f"Delete {title}").click()
    expect(row).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name=title)).to_have_count(0)
    expect(page.get_by_role("heading", name="Saved recordings")).to_be_visible()
