// One file through openai's own realtime client; prints every event of the server as a line.
// usage: node openai_realtime.mjs ga|beta|browser BASE_URL KEY PCM_FILE      (pcm16, 24 kHz)
import { readFileSync } from "node:fs";
import OpenAI from "openai";
import { OpenAIRealtimeWS as Beta } from "openai/beta/realtime/ws";
import { OpenAIRealtimeWebSocket as Browser } from "openai/realtime/websocket";
import { OpenAIRealtimeWS as Node } from "openai/realtime/ws";
import { WebSocket } from "ws";

const [kind, baseURL, apiKey, file] = process.argv.slice(2);
globalThis.WebSocket ??= WebSocket; // Node.js has its own from version 22 on
const Client = { ga: Node, beta: Beta, browser: Browser }[kind];
const client = new OpenAI({ apiKey, baseURL, dangerouslyAllowBrowser: true });
const realtime = new Client({ model: "gpt-4o-transcribe", dangerouslyAllowBrowser: true }, client);

const transcription = { model: "gpt-4o-transcribe", language: "en" };
const turn_detection = { type: "server_vad", silence_duration_ms: 300 };
const updates = {
  ga: {
    type: "session.update",
    session: { type: "transcription", audio: { input: { transcription, turn_detection } } },
  },
  beta: {
    type: "transcription_session.update",
    session: { input_audio_format: "pcm16", input_audio_transcription: transcription, turn_detection },
  },
};

realtime.on("event", (event) => console.log(JSON.stringify(event)));
realtime.on("error", ({ message, error }) => {
  console.log(JSON.stringify({ type: "error", message, code: error?.code }));
  realtime.socket.addEventListener("close", ({ code, reason }) => {
    console.log(JSON.stringify({ type: "closed", code, reason }));
    process.exit(0);
  });
});
realtime.on("session.created", () => {
  if (kind in updates) realtime.send(updates[kind]); // the browser's session came with its key
  const audio = readFileSync(file);
  for (let at = 0; at < audio.length; at += 4800) {
    const piece = audio.subarray(at, at + 4800).toString("base64");
    realtime.send({ type: "input_audio_buffer.append", audio: piece });
  }
});
realtime.on("conversation.item.input_audio_transcription.completed", () => {
  realtime.socket.onclose = () => process.exit(0);
  realtime.close();
});
