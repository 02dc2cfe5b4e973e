package holding

import "preau/media/catalogue/notice"

// Through has films offered that are not here, while may says that what is
// asked for can be fetched: they are read while they come. Without it an item
// waits until it is here.
func (k *Keeper) Through(may func() bool) { k.through.Store(&may) }

// Comes reports whether an item that is not here can be opened all the same.
// Sound and film are read from their start on and may be; without a table of
// chunks nothing could be verified before the end, and everything else needs
// all its files.
func (k *Keeper) Comes(it notice.Item) bool {
	may := k.through.Load()
	if may == nil || it.Kind != notice.KindVideo && it.Kind != notice.KindAudio {
		return false
	}
	main, ok := it.Asset(notice.RoleMain, "")
	return ok && main.Chunks.Size > 0 && (*may)()
}
