// Package geom takes the place of the shapes of the same import path in our
// builds: parquet-go links them for columns of geography, and no record of a
// school has one. It promises to compile where the real one does, and to refuse
// all work.
package geom

// Layout is how many dimensions a shape has.
type Layout int

// The layouts that callers name.
const (
	XYZ Layout = iota + 2
	XYM
	XYZM
)

// ZIndex is that of no dimension.
func (Layout) ZIndex() int { return -1 }

// MIndex is that of no dimension.
func (Layout) MIndex() int { return -1 }

// T is a shape; none is ever made.
type T interface {
	Layout() Layout
	Bounds() *Bounds
}

// Bounds are empty.
type Bounds struct{}

// IsEmpty is always so.
func (*Bounds) IsEmpty() bool { return true }

// Min is zero.
func (*Bounds) Min(int) float64 { return 0 }

// Max is zero.
func (*Bounds) Max(int) float64 { return 0 }

type shape struct{}

func (*shape) Layout() Layout  { return 0 }
func (*shape) Bounds() *Bounds { return nil }

// The shapes that callers name.
type (
	Point              struct{ shape }
	LineString         struct{ shape }
	Polygon            struct{ shape }
	MultiPoint         struct{ shape }
	MultiLineString    struct{ shape }
	MultiPolygon       struct{ shape }
	GeometryCollection struct{ shape }
)
