// Package live is the class in session: one room, its teachers, boards and
// tablets, and what is on their screens. It promises that every screen of a
// room sees the same events in the same order, that a screen which lost its
// line resumes from its last number or starts from the whole state, that a
// slow one never holds up the others, and that a room survives the box's
// restart. It refuses whatever a role may not say, foreign origins, and more
// connections than a device or the box should have.
//
// Words: a room is a class in session; a stage is what a kind of screen shows
// (item, position, playing, at which server time); an event is a numbered
// change of the room; an epoch is one life of the process, as a room sees it.
//
// How it stays fast: an event is framed once, appended to its room's bounded
// log, and the connections are woken. A connection holds no copy of what it
// has yet to send, only the number of its next event. Its writer exists while
// there is something to write: it gathers all that is due into one buffer and
// sends it in one write. What a connection alone must hear (pong, errors) goes
// through a small queue of its own. One that fell behind the log, or whose
// queue is full, is sent the state instead. The publisher never waits.
//
// Locks are taken in the order Hub, conn, room.
package live
