-- SpamAssassin's tables for Bayes, version 3: names, columns and defaults are those of its
-- queries (Mail::SpamAssassin::BayesStore::SQL). A row of bayes_token lies in its key, and
-- has no second index: each scan renews the atime of up to 150 of them.

CREATE TABLE bayes_global_vars (
    variable TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE bayes_vars (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    spam_count INTEGER NOT NULL DEFAULT 0,
    ham_count INTEGER NOT NULL DEFAULT 0,
    token_count INTEGER NOT NULL DEFAULT 0,
    last_expire INTEGER NOT NULL DEFAULT 0,
    last_atime_delta INTEGER NOT NULL DEFAULT 0,
    last_expire_reduce INTEGER NOT NULL DEFAULT 0,
    oldest_token_age INTEGER NOT NULL DEFAULT 2147483647,
    newest_token_age INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE bayes_token (
    id INTEGER NOT NULL,
    token BLOB NOT NULL,
    spam_count INTEGER NOT NULL DEFAULT 0,
    ham_count INTEGER NOT NULL DEFAULT 0,
    atime INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id, token)
) WITHOUT ROWID;
CREATE TABLE bayes_seen (
    id INTEGER NOT NULL,
    msgid TEXT NOT NULL,
    flag TEXT NOT NULL,
    PRIMARY KEY (id, msgid)
) WITHOUT ROWID;
CREATE TABLE bayes_expire (
    id INTEGER NOT NULL,
    runtime INTEGER NOT NULL
);

INSERT INTO bayes_global_vars VALUES ('VERSION', '3');
