// One file through socket.io-client, as the Azure sample's page sends it; prints every event as a
// line. usage: node socketio.mjs PACKAGE URL TRANSPORT,... PCM_FILE TIMES   (16 bit, 16 kHz, mono)
import { readFileSync } from "node:fs";

const [name, url, transports, file, times] = process.argv.slice(2);
const { io } = await import(name);
const socket = io(url, {
  transports: transports.split(","),
  forceNew: true,
  auth: process.env.TOKEN ? { token: process.env.TOKEN } : undefined,
});
const audio = readFileSync(file);
let sessions = 0;

function speak() {
  sessions += 1;
  socket.emit("start_transcription");
  for (let at = 0; at < audio.length; at += 8192) {
    socket.emit("audio_data", { audio: audio.subarray(at, at + 8192).toString("base64") });
  }
  socket.emit("stop_transcription");
}

socket.on("connect", speak);
for (const event of ["interim_transcription", "transcription", "debug"]) {
  socket.on(event, (data) => console.log(JSON.stringify({ event, ...data })));
}
socket.on("debug", ({ message }) => {
  if (message !== "Speech session stopped") return;
  if (sessions < Number(times)) speak();
  else socket.close();
});
socket.on("connect_error", ({ message, data }) => {
  console.log(JSON.stringify({ event: "connect_error", message, data }));
  socket.close();
});
