// One file through AWS's own client, with the endpoint changed; prints what it is told as lines.
// usage: node aws_transcribe.mjs node|browser ENDPOINT PCM_FILE PARAMETERS   (16 bit, 16 kHz, mono)
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import {
  StartStreamTranscriptionCommand,
  TranscribeStreamingClient,
} from "@aws-sdk/client-transcribe-streaming";
import { WebSocketFetchHandler } from "@aws-sdk/middleware-websocket";
import { WebSocket } from "ws";

const [kind, endpoint, file, parameters] = process.argv.slice(2);
const address = new URL(endpoint);
const sound = readFileSync(file);
const print = (said) => console.log(JSON.stringify(said));
let partial = false;
let final = false;

// A browser's client wants to find the server on port 8443, which a test may not have.
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url.replace(":8443/", `:${address.port}/`));
  }
};
const inBrowser = {
  endpoint: `${address.protocol}//${address.hostname}`,
  requestHandler: new WebSocketFetchHandler(),
};
const client = new TranscribeStreamingClient({
  endpoint,
  region: "eu-west-1",
  credentials: { accessKeyId: process.env.KEY ?? "AKIDEXAMPLE", secretAccessKey: "secret" },
  ...(kind === "browser" ? inBrowser : {}),
});

async function* speech() {
  for (let at = 0; at < sound.length; at += 4096) {
    yield { AudioEvent: { AudioChunk: sound.subarray(at, at + 4096) } };
    if (!partial) await setTimeout(100); // as a microphone does, until there are words
  }
  // A browser's client hangs up when it has said all, and hears no more.
  while (kind === "browser" && !final) await setTimeout(20);
}

try {
  const answer = await client.send(
    new StartStreamTranscriptionCommand({
      LanguageCode: "en-US",
      MediaEncoding: "pcm",
      MediaSampleRateHertz: 16000,
      AudioStream: speech(),
      ...JSON.parse(parameters),
    }),
  );
  print({ SessionId: answer.SessionId, LanguageCode: answer.LanguageCode });
  for await (const { TranscriptEvent } of answer.TranscriptResultStream) {
    for (const result of TranscriptEvent.Transcript.Results) {
      partial ||= result.IsPartial;
      final ||= !result.IsPartial;
      print(result);
    }
  }
} catch ({ name, message }) {
  print({ name, message });
}
client.destroy();
