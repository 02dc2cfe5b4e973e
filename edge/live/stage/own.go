package stage

import (
	"preau"
	"preau/edge/live/protocol"
)

// Own are the stages that single pupils have, by person. A stage is never
// altered here either.
type Own map[string]*protocol.Stage

// MaxOwn bounds a room's.
const MaxOwn = 200

// Apply carries out a command that names pupils, and returns those whose
// stage it changed. For open, fresh is the stage Opened made; else it is nil.
// Pupils without a stage of their own are left out of all but open.
func (o Own) Apply(cmd protocol.Message, only []string, fresh *protocol.Stage, now, lead int64) (changed []string, err error) {
	if fresh != nil && len(o)+len(only) > MaxOwn {
		return nil, preau.E(preau.TooLarge, "too many tablets show something of their own", "Close some of them.", nil)
	}
	for _, person := range only {
		if leaves(cmd, o[person]) {
			return nil, errNoPage
		}
	}
	made := map[*protocol.Stage]*protocol.Stage{} // those who shared a stage share the next
	for _, person := range only {
		old := o[person]
		switch {
		case fresh != nil:
			o[person] = fresh
		case old == nil:
			continue
		default:
			if _, ok := made[old]; !ok {
				made[old] = change(old, cmd, now, lead)
			}
			if o[person] = made[old]; o[person] == nil {
				delete(o, person)
			}
		}
		changed = append(changed, person)
	}
	if len(changed) == 0 {
		return nil, errNothingOpen
	}
	return changed, nil
}

// Clear takes all of them away, and returns whose they were.
func (o Own) Clear() (changed []string) {
	for person := range o {
		changed = append(changed, person)
	}
	clear(o)
	return changed
}
