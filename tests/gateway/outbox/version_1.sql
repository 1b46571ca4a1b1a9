-- outbox.db as the first release wrote it (schema version 1), dumped by SQLite.
PRAGMA application_id=1296387667;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE cursors (
        name TEXT PRIMARY KEY,
        sent INTEGER NOT NULL,
        again INTEGER NOT NULL
    ) WITHOUT ROWID;
INSERT INTO "cursors" VALUES('influx',4,3);
CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        lane TEXT,
        device TEXT,
        visit TEXT,
        decision TEXT,
        mode TEXT,
        reading TEXT,
        series INTEGER REFERENCES series (id),
        point_ms INTEGER,
        point TEXT,
        event TEXT NOT NULL
    );
INSERT INTO "events" VALUES(1,1795000000000,'gate-alarm','fire','north-in',NULL,NULL,NULL,'released',NULL,1,1795000000000,'["gate",{"event":"gate-alarm","lane":"north-in","reason":"fire","site":"riverside"},{"count":1.0}]','{"seq":1,"id":"fire","type":"gate-alarm","at":"2026-11-18T11:06:40.000Z","site":"riverside","lane":"north-in","alarm":"fire","mode":"released"}');
INSERT INTO "events" VALUES(2,1795000000000,'reading-received','e-1','north-in','scan-1',NULL,NULL,NULL,'s-1',NULL,NULL,NULL,'{"seq":2,"id":"e-1","type":"reading-received","at":"2026-11-18T11:06:40.000Z","site":"riverside","lane":"north-in","device":"scan-1","reading":"s-1","kind":"scan","fenced":false}');
INSERT INTO "events" VALUES(3,1795000000000,'passage-decided','d-1','north-in',NULL,'visit-d-1','admit',NULL,NULL,2,1795000000000,'["passage",{"credential":"eu-dcc","decision":"admit","lane":"north-in","reason":"healthy","site":"riverside"},{"count":1.0,"celsius":36.4,"latency_ms":2.5}]','{"seq":3,"id":"d-1","type":"passage-decided","at":"2026-11-18T11:06:40.000Z","site":"riverside","lane":"north-in","visit":"visit-d-1","decision":"admit","reasons":["healthy"],"rules":["healthy"],"policy":"p","readings":["s-1"],"credential":{"kind":"eu-dcc","status":"valid","subject":"s"},"celsius":36.4,"grant":"grant-d-1","latency_ms":2.5}');
INSERT INTO "events" VALUES(4,1795000000000,'device-online','r-1','north-in',NULL,NULL,NULL,NULL,NULL,3,1795000000000,'["device",{"event":"online","lane":"north-in","site":"riverside"},{"count":1.0}]','{"seq":4,"id":"r-1","type":"device-online","at":"2026-11-18T11:06:40.000Z","site":"riverside","lane":"north-in"}');
CREATE TABLE series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
INSERT INTO "series" VALUES(1,'["gate",["event","gate-alarm"],["lane","north-in"],["reason","fire"],["site","riverside"]]');
INSERT INTO "series" VALUES(2,'["passage",["credential","eu-dcc"],["decision","admit"],["lane","north-in"],["reason","healthy"],["site","riverside"]]');
INSERT INTO "series" VALUES(3,'["device",["event","online"],["lane","north-in"],["site","riverside"]]');
CREATE INDEX by_id ON events (id);
CREATE INDEX by_at ON events (at_ms);
CREATE INDEX by_type ON events (type);
CREATE INDEX by_lane ON events (lane);
CREATE INDEX by_visit ON events (visit) WHERE visit IS NOT NULL;
CREATE INDEX by_decision ON events (decision) WHERE decision IS NOT NULL;
CREATE INDEX by_mode ON events (lane) WHERE mode IS NOT NULL;
CREATE UNIQUE INDEX by_point ON events (series, point_ms) WHERE point_ms IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',4);
COMMIT;
