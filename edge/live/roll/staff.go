package roll

import (
	"slices"

	"preau"
	"preau/edge/live/protocol"
)

// MaxTeachers bounds a room's teachers.
const MaxTeachers = 16

// Staff are a room's teachers, by local person id, in the order in which they
// came.
type Staff struct {
	ids   []string
	names map[string]string // of those who may be away
	at    int64             // version of the last change
}

// NewStaff makes the staff that a room starts with.
func NewStaff(ids []string) *Staff {
	return &Staff{ids: slices.Clone(ids), names: map[string]string{}}
}

// IDs lists them.
func (s *Staff) IDs() []string { return slices.Clone(s.ids) }

// Has reports whether a person is one.
func (s *Staff) Has(person string) bool { return slices.Contains(s.ids, person) }

// Name notes a teacher's name.
func (s *Staff) Name(person, name string) { s.names[person] = name }

// Add adds a teacher.
func (s *Staff) Add(person, name string, version int64) error {
	if !s.Has(person) {
		if len(s.ids) >= MaxTeachers {
			return preau.E(preau.TooLarge, "this lesson has all the teachers it can have", "", nil)
		}
		s.ids = append(s.ids, person)
	}
	s.names[person], s.at = name, version
	return nil
}

// Remove takes a teacher off; the last one stays.
func (s *Staff) Remove(person string, version int64) error {
	at := slices.Index(s.ids, person)
	if at < 0 || len(s.ids) == 1 {
		return preau.E(preau.Conflict, "the last teacher of a lesson cannot leave it", "Invite a colleague first, or end the lesson.", nil)
	}
	s.ids = slices.Delete(s.ids, at, at+1)
	delete(s.names, person)
	s.at = version
	return nil
}

// At is the version at which they last changed, or one of them came or went.
func (s *Staff) At(r *Roll) int64 { return max(s.at, r.staffAt) }

// List tells who they are and who is here.
func (s *Staff) List(r *Roll) *protocol.Teachers {
	out := &protocol.Teachers{}
	for _, id := range s.ids {
		m, _ := r.Of(id)
		name := m.Name
		if name == "" {
			name = s.names[id]
		}
		out.Teachers = append(out.Teachers, protocol.Colleague{ID: id, Name: name, Online: m.Online})
	}
	return out
}
