package journal

// Verbs that the box itself writes. Sources: ADL vocabulary, the xAPI video
// profile (w3id.org/xapi/video), and our own namespace for what no profile
// names.
const (
	adl   = "http://adlnet.gov/expapi/verbs/"
	video = "https://w3id.org/xapi/video/verbs/"
	own   = "https://preau.example/xapi/verbs/"

	VerbLaunched    = adl + "launched"
	VerbInitialized = adl + "initialized"
	VerbCompleted   = adl + "completed"
	VerbAnswered    = adl + "answered"
	VerbTerminated  = adl + "terminated"
	VerbVoided      = adl + "voided"

	VerbPassed   = adl + "passed"
	VerbFailedAt = adl + "failed" // a person, at an exercise
	VerbAttended = adl + "attended"
	VerbShared   = adl + "shared"
	VerbWaived   = "https://w3id.org/xapi/adl/verbs/waived"
	VerbRated    = "http://id.tincanapi.com/verb/rated"
	VerbSaved    = "http://activitystrea.ms/schema/1.0/save"

	VerbPlayed = video + "played"
	VerbPaused = video + "paused"
	VerbSeeked = video + "seeked"

	VerbRegisterClosed = own + "register-closed"
	VerbAbsent         = own + "absent"
	VerbLate           = own + "late"
	VerbLeft           = own + "left"
	VerbExcluded       = own + "sent-out"
	VerbInfirmary      = own + "infirmary"
	VerbExempted       = own + "exempted"

	VerbClosed    = own + "closed"    // a plan was put away by its owner
	VerbWithdrawn = own + "withdrawn" // a plan was taken back from those it was given to
	VerbSubmitted = own + "submitted" // a case was opened
	VerbDecided   = own + "decided"   // and decided
	VerbJustified = own + "justified" // a half-day missed was given its reason
	VerbQueued    = own + "queued"    // a message waits to leave
	VerbErased    = own + "erased"    // what is known of a person was erased, and is to be by readers
	VerbForgotten = own + "forgotten" // in the place of a statement of somebody erased
	VerbPurged    = own + "purged"    // what is past its term was deleted
	VerbOpened    = own + "opened"    // a teacher opened an item for the class
	VerbPaired    = own + "paired"    // a board joined a class
	VerbStarted   = own + "started"   // the box started
	VerbHeartbeat = own + "heartbeat" // the box is alive, with its vital figures
	VerbCached    = own + "cached"    // a generation of the catalogue is whole
	VerbFailed    = own + "failed"    // something needs a technician
)
