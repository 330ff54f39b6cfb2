BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE records (
	id INTEGER NOT NULL,
	at BIGINT NOT NULL,
	person TEXT NOT NULL,
	device TEXT NOT NULL,
	host TEXT NOT NULL,
	url TEXT,
	action TEXT NOT NULL,
	category TEXT,
	reason TEXT NOT NULL,
	rule_list TEXT,
	rule_file TEXT,
	rule_line INTEGER,
	rule_entry TEXT,
	because TEXT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "records" VALUES(1,1795292100000000,'everyone','127.0.0.1','bets.example','https://bets.example/','block','gambling','category','bets','bets.txt',2,'bets.example','It is listed.');
CREATE INDEX ix_records_at ON records (at);
COMMIT;
