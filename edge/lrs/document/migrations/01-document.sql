-- Documents that applications keep beside statements: where a learner was in a
-- course (state), what is known of an activity or of a person (profiles). The
-- content is opaque; only JSON objects can be merged.
CREATE TABLE lrs_document (
    kind         INTEGER NOT NULL,           -- 1 state, 2 activity profile, 3 agent profile
    activity     TEXT NOT NULL,              -- IRI; empty for agent profiles
    agent        TEXT NOT NULL,              -- xapi.Agent.Key; empty for activity profiles
    registration BLOB NOT NULL,              -- 16 bytes, zero without one; states only
    name         TEXT NOT NULL,              -- stateId or profileId
    content_type TEXT NOT NULL,
    content      BLOB NOT NULL,
    etag         TEXT NOT NULL,              -- SHA-1 of content, hexadecimal
    person       TEXT NOT NULL,              -- pid, when the agent is of this school
    updated      INTEGER NOT NULL,           -- ms since 1970
    PRIMARY KEY (kind, activity, agent, registration, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX lrs_document_by_person ON lrs_document (person) WHERE person <> '';
CREATE INDEX lrs_document_by_age ON lrs_document (updated);
