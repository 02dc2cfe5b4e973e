package segment

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"preau"
	"preau/sync/bucket"
)

// named is the signed first line of a sealed object: age hides, but does not
// say who wrote.
type named struct {
	Authority string       `json:"authority"`
	Box       string       `json:"box"`
	Epoch     EpochID      `json:"epoch"`
	First     uint64       `json:"first"`
	Last      uint64       `json:"last"`
	SHA256    string       `json:"sha256"` // of the lines that follow
	Stored    time.Time    `json:"stored"`
	Stream    preau.Stream `json:"stream"`
	UAI       preau.UAI    `json:"uai"`
}

// maxPlain bounds what a recipient unpacks: zstd can promise anything.
const maxPlain = 256 << 20

// seal signs, compresses, then encrypts the whole statements to recipients.
func (m *Maker) seal(r Range, to []age.Recipient) ([]byte, error) {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, st := range r.Statements {
		line := *st
		line.Raw = nil // up to 1 MB each, and JSON would not keep its bytes; what a recipient needs is beside it
		if err := enc.Encode(&line); err != nil {
			return nil, fmt.Errorf("encode named records: %w", err)
		}
	}
	first, last := r.Statements[0], r.Statements[len(r.Statements)-1]
	title, err := m.signer.sign(typeNamed, named{
		Authority: m.box.Authority, Box: m.box.ID, UAI: m.box.UAI, Epoch: EpochID(r.Epoch), First: first.Seq, Last: last.Seq,
		SHA256: SHA256(lines.Bytes()), Stored: first.Stored.UTC(), Stream: r.Stream,
	})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	crypt, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, fmt.Errorf("encrypt named records: %w", err)
	}
	pack, err := zstd.NewWriter(crypt, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("compress named records: %w", err)
	}
	_, err = pack.Write(append(append(title, '\n'), lines.Bytes()...))
	if err := errors.Join(err, pack.Close(), crypt.Close()); err != nil {
		return nil, fmt.Errorf("encrypt named records: %w", err)
	}
	if out.Len() > bucket.MaxObject {
		return nil, preau.E(preau.TooLarge, "the named records of one segment exceed an object", "Send smaller attachments.", nil)
	}
	return out.Bytes(), nil
}

// Unseal opens a sealed object as its recipient and checks that the box named
// in it signed exactly these statements. Nothing is returned before all of it
// has been read and verified.
func Unseal(data []byte, who age.Identity, roots *x509.CertPool) ([]*preau.Statement, error) {
	bad := func(err error) ([]*preau.Statement, error) {
		return nil, preau.E(preau.Corrupt, "the sealed records cannot be opened", "Check that they were sealed for this key, and fetch them again.", err)
	}
	crypt, err := age.Decrypt(bytes.NewReader(data), who)
	if err != nil {
		return bad(err)
	}
	pack, err := zstd.NewReader(crypt, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPlain))
	if err != nil {
		return bad(err)
	}
	defer pack.Close()
	plain, err := io.ReadAll(io.LimitReader(pack, maxPlain))
	if err != nil {
		return bad(err)
	}
	title, lines, _ := bytes.Cut(plain, []byte("\n"))
	var n named
	doc, err := parse(typeNamed, title, &n)
	if err != nil {
		return nil, err
	}
	if err := doc.verify(roots, Box{Authority: n.Authority, UAI: n.UAI, ID: n.Box}.URI(), n.Stored); err != nil {
		return nil, err
	}
	if n.SHA256 != SHA256(lines) {
		return bad(errors.New("the lines are not those that were signed"))
	}
	var sts []*preau.Statement
	for dec := json.NewDecoder(bufio.NewReader(bytes.NewReader(lines))); ; {
		st := &preau.Statement{}
		if err := dec.Decode(st); errors.Is(err, io.EOF) {
			return sts, nil
		} else if err != nil {
			return bad(err)
		}
		sts = append(sts, st)
	}
}
