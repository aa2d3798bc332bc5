BEGIN;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE principals (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_principals PRIMARY KEY (id)
);
CREATE TABLE recordings (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	state VARCHAR NOT NULL, 
	reason VARCHAR, 
	duration DOUBLE NOT NULL, 
	language VARCHAR, 
	engine VARCHAR, 
	model VARCHAR, 
	media_type VARCHAR NOT NULL, 
	bytes INTEGER NOT NULL, 
	preview VARCHAR NOT NULL, mode VARCHAR DEFAULT 'live' NOT NULL, diarization BOOLEAN DEFAULT '0' NOT NULL, speakers VARCHAR DEFAULT '[]' NOT NULL, words INTEGER DEFAULT '0' NOT NULL, deleted_at DATETIME, keep BOOLEAN DEFAULT '0' NOT NULL, audio_until DATETIME, text_until DATETIME, audio_gone_at DATETIME, text_gone_at DATETIME, plain_title VARCHAR DEFAULT '' NOT NULL, 
	CONSTRAINT pk_recordings PRIMARY KEY (id), 
	CONSTRAINT fk_recordings_owner_principals FOREIGN KEY(owner) REFERENCES principals (id), 
	CONSTRAINT ck_recordings_state CHECK (state IN ('live', 'transcribing', 'done', 'failed'))
);
CREATE TABLE events (
	recording VARCHAR NOT NULL, 
	n INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	owner VARCHAR NOT NULL, 
	event VARCHAR NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (recording, n), 
	CONSTRAINT fk_events_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_events_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE transcripts (
	recording VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	transcript VARCHAR NOT NULL, 
	CONSTRAINT pk_transcripts PRIMARY KEY (recording), 
	CONSTRAINT fk_transcripts_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_transcripts_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE uses (
	recording VARCHAR NOT NULL, 
	engine VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	samples INTEGER NOT NULL, 
	CONSTRAINT pk_uses PRIMARY KEY (recording, engine, model), 
	CONSTRAINT fk_uses_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_uses_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE totals (
	owner VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	engine VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	samples INTEGER NOT NULL, 
	CONSTRAINT pk_totals PRIMARY KEY (owner, day, engine, model), 
	CONSTRAINT fk_totals_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE shares (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	recording VARCHAR NOT NULL, 
	token_sha256 VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	audio BOOLEAN NOT NULL, 
	CONSTRAINT pk_shares PRIMARY KEY (id), 
	CONSTRAINT fk_shares_owner_principals FOREIGN KEY(owner) REFERENCES principals (id), 
	CONSTRAINT fk_shares_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE TABLE webhooks (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	url VARCHAR NOT NULL, 
	events VARCHAR NOT NULL, 
	secret VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_webhooks PRIMARY KEY (id), 
	CONSTRAINT fk_webhooks_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE outbox (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	body VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	recording VARCHAR, 
	webhook VARCHAR, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	message VARCHAR, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_owner_principals FOREIGN KEY(owner) REFERENCES principals (id), 
	CONSTRAINT fk_outbox_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_outbox_webhook_webhooks FOREIGN KEY(webhook) REFERENCES webhooks (id) ON DELETE CASCADE, 
	CONSTRAINT ck_outbox_state CHECK (state IN ('waiting', 'sent', 'failed'))
);
CREATE TABLE summaries (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	recording VARCHAR NOT NULL, 
	template VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	language VARCHAR, 
	model VARCHAR NOT NULL, 
	extract BOOLEAN NOT NULL, 
	revision VARCHAR NOT NULL, 
	answer VARCHAR NOT NULL, 
	CONSTRAINT pk_summaries PRIMARY KEY (id), 
	CONSTRAINT fk_summaries_owner_principals FOREIGN KEY(owner) REFERENCES principals (id), 
	CONSTRAINT fk_summaries_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE TABLE templates (
	owner VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	prompt VARCHAR NOT NULL, 
	CONSTRAINT pk_templates PRIMARY KEY (owner, name)
);
CREATE TABLE tags (
	recording VARCHAR NOT NULL, 
	tag VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, plain VARCHAR DEFAULT '' NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (recording, tag), 
	CONSTRAINT fk_tags_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_tags_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE passages (
	id INTEGER NOT NULL, 
	recording VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	utterance VARCHAR NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	terms VARCHAR NOT NULL, 
	starts VARCHAR NOT NULL, 
	CONSTRAINT pk_passages PRIMARY KEY (id), 
	CONSTRAINT fk_passages_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_passages_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE VIRTUAL TABLE search USING fts5(terms, content='passages', content_rowid='id', columnsize=0, tokenize='ascii', prefix='1 2 3');
CREATE TABLE diarizations (
	recording VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	speakers INTEGER, 
	asked BOOLEAN NOT NULL, 
	asked_at DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	progress DOUBLE NOT NULL, 
	seconds_left DOUBLE, 
	message VARCHAR, 
	CONSTRAINT pk_diarizations PRIMARY KEY (recording), 
	CONSTRAINT fk_diarizations_recording_recordings FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_diarizations_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE keys (
	id VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	scopes VARCHAR NOT NULL, 
	limits VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	CONSTRAINT pk_keys PRIMARY KEY (id), 
	CONSTRAINT fk_keys_owner_principals FOREIGN KEY(owner) REFERENCES principals (id)
);
CREATE TABLE secrets (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	CONSTRAINT pk_secrets PRIMARY KEY (name)
);
CREATE TABLE leases (
	session VARCHAR NOT NULL, 
	holder VARCHAR NOT NULL, 
	volume VARCHAR NOT NULL, 
	header VARCHAR NOT NULL, 
	until FLOAT NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (session)
);
CREATE INDEX ix_recordings_owner_created_at_id ON recordings (owner, created_at, id);
CREATE INDEX ix_recordings_state ON recordings (state);
CREATE UNIQUE INDEX ix_shares_token_sha256 ON shares (token_sha256);
CREATE INDEX ix_shares_recording ON shares (recording);
CREATE INDEX ix_webhooks_owner ON webhooks (owner);
CREATE INDEX ix_outbox_channel_state_due_at ON outbox (channel, state, due_at);
CREATE INDEX ix_outbox_recording ON outbox (recording);
CREATE INDEX ix_outbox_webhook ON outbox (webhook);
CREATE INDEX ix_summaries_recording ON summaries (recording);
CREATE INDEX ix_tags_owner_tag ON tags (owner, tag);
CREATE INDEX ix_passages_recording ON passages (recording);
CREATE INDEX ix_diarizations_state ON diarizations (state);
CREATE TRIGGER passages_in AFTER INSERT ON passages BEGIN INSERT INTO search (rowid, terms) VALUES (new.id, new.terms); END;
CREATE TRIGGER passages_out AFTER DELETE ON passages BEGIN INSERT INTO search (search, rowid, terms) VALUES ('delete', old.id, old.terms); END;
INSERT INTO "alembic_version" VALUES ('0011');
INSERT INTO "principals" VALUES ('local', 'local', '2026-11-20 19:00:02.891170');
INSERT INTO "recordings" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'Grüße aus Zürich', '2026-11-01 09:30:00.000000', 'done', 'finished', 10.0, 'en', 'moonshine', 'tiny', 'audio/wav', 320044, 'Good morning, Zürich. Call the cafe at noon.', 'live', 1, '["Ada"]', 8, NULL, 0, NULL, NULL, NULL, NULL, 'grusseauszurich');
INSERT INTO "recordings" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 'local', 'Interview.mp3', '2026-11-01 10:30:00.000000', 'done', 'finished', 10.0, 'en', 'moonshine', 'tiny', 'audio/wav', 320044, 'Tell me everything.', 'upload', 0, '[]', 3, '2027-12-06 09:30:00.000000', 0, NULL, NULL, NULL, NULL, 'interview.mp3');
INSERT INTO "recordings" VALUES ('01kccccccccccccccccccccccc', 'local', 'Lost', '2026-11-01 11:30:00.000000', 'failed', 'lost', 0.0, 'en', 'moonshine', NULL, 'application/octet-stream', 0, '', 'live', 0, '[]', 0, NULL, 0, NULL, NULL, NULL, NULL, 'lost');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 1, 1, 'local', '{"type":"started","session":"01kaaaaaaaaaaaaaaaaaaaaaaa","engine":"moonshine","format":{"encoding":"pcm_s16le","rate":16000,"channels":1},"language":"en","title":null}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 2, 1, 'local', '{"type":"speech","state":"started","at":16000,"track":0}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 3, 1, 'local', '{"type":"final","id":"u1","start":16000,"end":27500,"text":"Good morning, Zürich.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Good","start":16000,"end":19500,"confidence":0.9},{"text":"morning,","start":20000,"end":23500,"confidence":0.9},{"text":"Zürich.","start":24000,"end":27500,"confidence":0.9}],"track":0}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 4, 1, 'local', '{"type":"speech","state":"ended","at":27500,"track":0}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 5, 1, 'local', '{"type":"speech","state":"started","at":64000,"track":0}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 6, 1, 'local', '{"type":"final","id":"u2","start":64000,"end":83500,"text":"Call the café at noon.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Call","start":64000,"end":67500,"confidence":0.9},{"text":"the","start":68000,"end":71500,"confidence":0.9},{"text":"café","start":72000,"end":75500,"confidence":0.9},{"text":"at","start":76000,"end":79500,"confidence":0.9},{"text":"noon.","start":80000,"end":83500,"confidence":0.9}],"track":0}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 7, 1, 'local', '{"type":"speech","state":"ended","at":83500,"track":0}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 8, 1, 'local', '{"type":"marker","at":16000,"label":"Here","actor":null}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 9, 1, 'local', '{"type":"ended","reason":"finished","duration":160000}');
INSERT INTO "events" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 1, 1, 'local', '{"type":"started","session":"01kbbbbbbbbbbbbbbbbbbbbbbb","engine":"moonshine","format":{"encoding":"container","rate":16000,"channels":1},"language":"en","title":null}');
INSERT INTO "events" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 2, 1, 'local', '{"type":"speech","state":"started","at":0,"track":0}');
INSERT INTO "events" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 3, 1, 'local', '{"type":"final","id":"u1","start":0,"end":11500,"text":"Tell me everything.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Tell","start":0,"end":3500,"confidence":0.9},{"text":"me","start":4000,"end":7500,"confidence":0.9},{"text":"everything.","start":8000,"end":11500,"confidence":0.9}],"track":0}');
INSERT INTO "events" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 4, 1, 'local', '{"type":"speech","state":"ended","at":11500,"track":0}');
INSERT INTO "events" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 5, 1, 'local', '{"type":"marker","at":16000,"label":"Here","actor":null}');
INSERT INTO "events" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 6, 1, 'local', '{"type":"ended","reason":"finished","duration":160000}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 10, 1, 'local', '{"type":"edited","id":"u2","actor":"local","base_revision":0,"text":"Call the cafe at noon.","words":[{"text":"Call","start":64000,"end":67500,"confidence":0.9},{"text":"the","start":68000,"end":71500,"confidence":0.9},{"text":"cafe","start":72000,"end":75500,"confidence":0.9},{"text":"at","start":76000,"end":79500,"confidence":0.9},{"text":"noon.","start":80000,"end":83500,"confidence":0.9}]}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 11, 1, 'local', '{"type":"speaker","id":"u1","speaker":"S1","words":[],"actor":"local"}');
INSERT INTO "events" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 12, 1, 'local', '{"type":"named","speaker":"S1","name":"Ada"}');
INSERT INTO "transcripts" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'Good morning, Zürich.
Call the cafe at noon.', '{"utterances":[{"id":"u1","start":16000,"end":27500,"text":"Good morning, Zürich.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Good","start":16000,"end":19500,"confidence":0.9},{"text":"morning,","start":20000,"end":23500,"confidence":0.9},{"text":"Zürich.","start":24000,"end":27500,"confidence":0.9}],"speaker":"S1","speaker_by":"local"},{"id":"u2","start":64000,"end":83500,"text":"Call the cafe at noon.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Call","start":64000,"end":67500,"confidence":0.9},{"text":"the","start":68000,"end":71500,"confidence":0.9},{"text":"cafe","start":72000,"end":75500,"confidence":0.9},{"text":"at","start":76000,"end":79500,"confidence":0.9},{"text":"noon.","start":80000,"end":83500,"confidence":0.9}],"revision":1,"edited_by":"local"}],"markers":[{"type":"marker","at":16000,"label":"Here","actor":null}],"gaps":[],"language":"en","title":null,"duration":160000,"ended":"finished","names":{"S1":"Ada"},"empty":[],"rules":2}');
INSERT INTO "transcripts" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 'local', 'Tell me everything.', '{"utterances":[{"id":"u1","start":0,"end":11500,"text":"Tell me everything.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Tell","start":0,"end":3500,"confidence":0.9},{"text":"me","start":4000,"end":7500,"confidence":0.9},{"text":"everything.","start":8000,"end":11500,"confidence":0.9}]}],"markers":[{"type":"marker","at":16000,"label":"Here","actor":null}],"gaps":[],"language":"en","title":null,"duration":160000,"ended":"finished","names":{},"empty":[],"rules":2}');
INSERT INTO "uses" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'moonshine', 'tiny', 'local', 160000);
INSERT INTO "uses" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 'moonshine', 'tiny', 'local', 160000);
INSERT INTO "totals" VALUES ('local', '2026-11-01', 'moonshine', 'tiny', 320000);
INSERT INTO "shares" VALUES ('01ksssssssssssssssssssssss', 'local', '01kaaaaaaaaaaaaaaaaaaaaaaa', 'fa97924f07882547f5baea891f77cb5bada1b2256c35a5e5b23d13423e4624ea', '2026-11-01 10:00:00.000000', '2099-01-01 00:00:00.000000', 1);
INSERT INTO "webhooks" VALUES ('01kwwwwwwwwwwwwwwwwwwwwwww', 'local', 'https://example.com/hook', 'recording.finished', 'whsec_b2xk', '2026-11-01 10:00:00.000000');
INSERT INTO "outbox" VALUES ('01kxxxxxxxxxxxxxxxxxxxxxxx', 'local', 'email', 'ada@example.com', '', '', '2026-11-01 10:00:00.000000', '2026-11-01 10:00:00.000000', '01kaaaaaaaaaaaaaaaaaaaaaaa', NULL, 'failed', 3, 'Nobody there.');
INSERT INTO "summaries" VALUES ('01kyyyyyyyyyyyyyyyyyyyyyyy', 'local', '01kaaaaaaaaaaaaaaaaaaaaaaa', 'brief', '2026-11-01 10:00:00.000000', NULL, 'extract', 1, '0', '{"text": "Good morning, Z\u00fcrich.", "sentences": []}');
INSERT INTO "templates" VALUES ('local', 'mine', 'Mine', 'Say it in one word.');
INSERT INTO "tags" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'travel', 'local', 'travel');
INSERT INTO "tags" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'Züge', 'local', 'zuge');
INSERT INTO "passages" VALUES (2199023191551, '01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'u2', 64000, 83500, 'Call the cafe at noon.', 'call the cafe at noon', '[0,250,500,750,1000]');
INSERT INTO "passages" VALUES (2199023239551, '01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'u1', 16000, 27500, 'Good morning, Zürich.', 'good morning zurich', '[0,250,500]');
INSERT INTO "passages" VALUES (3298534883327, '01kbbbbbbbbbbbbbbbbbbbbbbb', 'local', 'u1', 0, 11500, 'Tell me everything.', 'tell me everything', '[0,250,500]');
INSERT INTO "diarizations" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'done', 2, 1, '2026-11-01 10:00:00.000000', 1, 1.0, NULL, NULL);
INSERT INTO "keys" VALUES ('0123456789ab', 'local', 'old', '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', '["read"]', '{}', '2026-11-01 10:00:00.000000', NULL, NULL, NULL);
INSERT INTO "secrets" VALUES ('tokens', '0000000000000000000000000000000000000000000000000000000000000000');
COMMIT;
