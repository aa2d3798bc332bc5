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
	preview VARCHAR NOT NULL, 
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
CREATE INDEX ix_recordings_owner_created_at_id ON recordings (owner, created_at, id);
CREATE INDEX ix_recordings_state ON recordings (state);
CREATE UNIQUE INDEX ix_shares_token_sha256 ON shares (token_sha256);
CREATE INDEX ix_shares_recording ON shares (recording);
CREATE INDEX ix_webhooks_owner ON webhooks (owner);
CREATE INDEX ix_outbox_channel_state_due_at ON outbox (channel, state, due_at);
CREATE INDEX ix_outbox_recording ON outbox (recording);
CREATE INDEX ix_outbox_webhook ON outbox (webhook);
CREATE INDEX ix_summaries_recording ON summaries (recording);
INSERT INTO "alembic_version" VALUES ('0005');
INSERT INTO "principals" VALUES ('local', 'local', '2026-11-20 18:43:13.762937');
INSERT INTO "recordings" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'Grüße aus Zürich', '2026-11-01 09:30:00.000000', 'done', 'finished', 10.0, 'en', 'moonshine', 'tiny', 'audio/wav', 320044, 'Good morning, Zürich. Call the café at noon.');
INSERT INTO "recordings" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 'local', 'Interview.mp3', '2026-11-01 10:30:00.000000', 'done', 'finished', 10.0, 'en', 'moonshine', 'tiny', 'audio/wav', 320044, 'Tell me everything.');
INSERT INTO "recordings" VALUES ('01kccccccccccccccccccccccc', 'local', 'Lost', '2026-11-01 11:30:00.000000', 'failed', 'lost', 0.0, 'en', 'moonshine', NULL, 'application/octet-stream', 0, '');
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
INSERT INTO "transcripts" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'local', 'Good morning, Zürich.
Call the café at noon.', '{"utterances":[{"id":"u1","start":16000,"end":27500,"text":"Good morning, Zürich.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Good","start":16000,"end":19500,"confidence":0.9},{"text":"morning,","start":20000,"end":23500,"confidence":0.9},{"text":"Zürich.","start":24000,"end":27500,"confidence":0.9}]},{"id":"u2","start":64000,"end":83500,"text":"Call the café at noon.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Call","start":64000,"end":67500,"confidence":0.9},{"text":"the","start":68000,"end":71500,"confidence":0.9},{"text":"café","start":72000,"end":75500,"confidence":0.9},{"text":"at","start":76000,"end":79500,"confidence":0.9},{"text":"noon.","start":80000,"end":83500,"confidence":0.9}]}],"markers":[{"type":"marker","at":16000,"label":"Here","actor":null}],"gaps":[],"language":"en","title":null,"duration":160000,"ended":"finished","names":{},"empty":[],"rules":2}');
INSERT INTO "transcripts" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 'local', 'Tell me everything.', '{"utterances":[{"id":"u1","start":0,"end":11500,"text":"Tell me everything.","engine":"moonshine","model":"tiny","language":"en","words":[{"text":"Tell","start":0,"end":3500,"confidence":0.9},{"text":"me","start":4000,"end":7500,"confidence":0.9},{"text":"everything.","start":8000,"end":11500,"confidence":0.9}]}],"markers":[{"type":"marker","at":16000,"label":"Here","actor":null}],"gaps":[],"language":"en","title":null,"duration":160000,"ended":"finished","names":{},"empty":[],"rules":2}');
INSERT INTO "uses" VALUES ('01kaaaaaaaaaaaaaaaaaaaaaaa', 'moonshine', 'tiny', 'local', 160000);
INSERT INTO "uses" VALUES ('01kbbbbbbbbbbbbbbbbbbbbbbb', 'moonshine', 'tiny', 'local', 160000);
INSERT INTO "totals" VALUES ('local', '2026-11-01', 'moonshine', 'tiny', 320000);
INSERT INTO "shares" VALUES ('01ksssssssssssssssssssssss', 'local', '01kaaaaaaaaaaaaaaaaaaaaaaa', 'fa97924f07882547f5baea891f77cb5bada1b2256c35a5e5b23d13423e4624ea', '2026-11-01 10:00:00.000000', '2099-01-01 00:00:00.000000', 1);
INSERT INTO "webhooks" VALUES ('01kwwwwwwwwwwwwwwwwwwwwwww', 'local', 'https://example.com/hook', 'recording.finished', 'whsec_b2xk', '2026-11-01 10:00:00.000000');
INSERT INTO "outbox" VALUES ('01kxxxxxxxxxxxxxxxxxxxxxxx', 'local', 'email', 'ada@example.com', '', '', '2026-11-01 10:00:00.000000', '2026-11-01 10:00:00.000000', '01kaaaaaaaaaaaaaaaaaaaaaaa', NULL, 'failed', 3, 'Nobody there.');
INSERT INTO "summaries" VALUES ('01kyyyyyyyyyyyyyyyyyyyyyyy', 'local', '01kaaaaaaaaaaaaaaaaaaaaaaa', 'brief', '2026-11-01 10:00:00.000000', NULL, 'extract', 1, '0', '{"text": "Good morning, Z\u00fcrich.", "sentences": []}');
INSERT INTO "templates" VALUES ('local', 'mine', 'Mine', 'Say it in one word.');
COMMIT;
