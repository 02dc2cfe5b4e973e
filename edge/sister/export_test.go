package sister

import "context"

// Look asks everybody once.
func (f *Finder) Look(ctx context.Context) { f.look(ctx) }
