//go:build !linux

package durable

// syncAll syncs one by one where nothing better is known.
func syncAll(_ string, files []pending, one func(pending) error) error {
	for _, f := range files {
		if err := one(f); err != nil {
			return err
		}
	}
	return nil
}
