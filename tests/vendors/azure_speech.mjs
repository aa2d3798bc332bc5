// What an app of the JavaScript Speech SDK does; what it is told is printed as JSON, line by line.
// usage: node azure_speech.mjs JSON
import { readFileSync } from "node:fs";
import sdk from "microsoft-cognitiveservices-speech-sdk";

const asked = JSON.parse(process.argv[2]);
const url = new URL(asked.url);

function tell(event, more) {
  console.log(JSON.stringify({ event, ...more }));
}

function result(event, found) {
  const { text, offset, duration, json, speakerId, language } = found;
  const translations = found.translations?.languages?.map((name) => [name, found.translations.get(name)]);
  tell(event, { text, offset, duration, json, language, speaker: speakerId, translations, reason: sdk.ResultReason[found.reason] });
}

function canceled(found) {
  tell("canceled", { why: sdk.CancellationReason[found.reason], code: sdk.CancellationErrorCode[found.errorCode], details: found.errorDetails });
  if (found.reason === sdk.CancellationReason.Error) process.exit(0); // no promise is kept then
}

const key = asked.key ?? "secret-key";
const kind = asked.to ? sdk.SpeechTranslationConfig : sdk.SpeechConfig;
const config = asked.whole ? kind.fromEndpoint(url, key) : kind.fromHost(url, key);
config.speechRecognitionLanguage = asked.language ?? "en-US";
for (const language of asked.to ?? []) config.addTargetLanguage(language);
if (asked.words) {
  config.requestWordLevelTimestamps();
  config.outputFormat = sdk.OutputFormat.Detailed;
}
if (asked.dictation) config.enableDictation();
for (const [name, value] of Object.entries(asked.properties ?? {})) config.setProperty(sdk.PropertyId[name], value);
let heard = false; // whether there are words
const { audio, speak } = asked.push ? pushed(readFileSync(asked.push)) : { audio: sdk.AudioConfig.fromWavFileInput(readFileSync(asked.file), "clip.wav") };

// What is in a file, as it is said; when there are words nobody need wait any more.
function pushed(file) {
  const [channels, rate, bits] = [file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)];
  const stream = sdk.AudioInputStream.createPushStream(sdk.AudioStreamFormat.getWaveFormatPCM(rate, bits, channels));
  const tenth = Math.floor(rate / 10) * (bits / 8) * channels;
  const speak = async () => {
    for (let at = 44; at < file.length; at += tenth) {
      stream.write(new Uint8Array(file.subarray(at, at + tenth)).buffer);
      if (!heard) await new Promise((done) => setTimeout(done, 100));
    }
    stream.close();
  };
  return { audio: sdk.AudioConfig.fromStreamInput(stream), speak };
}

let recognizer;
if (asked.to) recognizer = new sdk.TranslationRecognizer(config, audio);
else if (asked.speakers) recognizer = new sdk.ConversationTranscriber(config, audio);
else if (asked.languages) recognizer = sdk.SpeechRecognizer.FromConfig(config, sdk.AutoDetectSourceLanguageConfig.fromLanguages(asked.languages), audio);
else recognizer = new sdk.SpeechRecognizer(config, audio);
if (asked.phrases) sdk.PhraseListGrammar.fromRecognizer(recognizer).addPhrases(asked.phrases);

if (asked.once) {
  for (let n = 0; n < asked.once; n += 1) {
    result("recognized", await new Promise((done, failed) => recognizer.recognizeOnceAsync(done, failed)));
  }
} else {
  let first; // to be called where somebody stops at the first words
  const over = new Promise((done) => {
    first = done;
    recognizer.sessionStopped = done;
    recognizer.canceled = (_, event) => canceled(event);
  });
  const [interim, final] = asked.speakers ? ["transcribing", "transcribed"] : ["recognizing", "recognized"];
  recognizer[interim] = (_, event) => {
    heard = true;
    result("recognizing", event.result);
    if (asked.stop) first();
  };
  recognizer[final] = (_, event) => result("recognized", event.result);
  const [start, stop] = asked.speakers
    ? ["startTranscribingAsync", "stopTranscribingAsync"]
    : ["startContinuousRecognitionAsync", "stopContinuousRecognitionAsync"];
  await new Promise((done, failed) => recognizer[start](done, failed));
  const spoken = speak?.();
  await over;
  await new Promise((done, failed) => recognizer[stop](done, failed));
  tell("stopped");
  await spoken;
}
recognizer.close();
