package box

import (
	"context"

	"preau/edge/api"
)

// apiStatus is what anybody on the school's network may know.
func (b *Box) apiStatus(ctx context.Context) (s api.Status, err error) {
	s = api.Status{School: b.config.School, UAI: b.config.UAI, Version: b.opts.Version, Time: b.clock.Now(), Clock: string(b.clock.State())}
	g, err := b.items.Current(ctx)
	if err != nil {
		return s, err
	}
	s.Catalogue.Version, s.Catalogue.Whole = g.ID, g.Whole
	if b.uplink == nil {
		return s, nil
	}
	up, err := b.uplink.Status(ctx)
	if err != nil {
		return s, err
	}
	s.Waiting, s.Online = int64(up.Waiting), up.Problem == nil
	return s, nil
}
