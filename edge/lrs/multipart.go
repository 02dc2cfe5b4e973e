package lrs

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"preau"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
)

// readStatements reads a request's statements, and the attachments that came
// with them, which are staged on the disk as they come.
func (l *LRS) readStatements(q *request, parse func([]byte) ([]*xapi.Statement, error)) ([]*xapi.Statement, []record.Staged, error) {
	media, attributes, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	switch {
	case err == nil && isUTF8JSON(media, attributes):
		raw, err := readBody(q, q.Body)
		if err != nil {
			return nil, nil, err
		}
		sts, err := parse(raw)
		return sts, nil, err
	case err == nil && media == "multipart/mixed":
		if attributes["boundary"] == "" {
			return nil, nil, invalid("the Content-Type multipart/mixed names no boundary")
		}
		return l.readParts(q, multipart.NewReader(q.Body, attributes["boundary"]), parse)
	}
	return nil, nil, invalid("statements come as application/json in UTF-8, or as multipart/mixed with their attachments")
}

// isUTF8JSON refuses JSON that names another charset: its bytes would be taken
// for other letters (RFC 8259, 8.1).
func isUTF8JSON(media string, attributes map[string]string) bool {
	charset, named := attributes["charset"]
	return media == "application/json" && (!named || strings.EqualFold(charset, "utf-8"))
}

func (l *LRS) readParts(q *request, parts *multipart.Reader, parse func([]byte) ([]*xapi.Statement, error)) ([]*xapi.Statement, []record.Staged, error) {
	first, err := parts.NextRawPart()
	if err != nil {
		return nil, nil, malformed(err)
	}
	if media, attributes, err := mime.ParseMediaType(first.Header.Get("Content-Type")); err != nil || !isUTF8JSON(media, attributes) {
		return nil, nil, invalid("the first part is the statements, as application/json in UTF-8")
	}
	raw, err := readBody(q, first)
	if err != nil {
		return nil, nil, malformed(err)
	}
	sts, err := parse(raw)
	if err != nil {
		return nil, nil, err
	}
	described := map[string]bool{}
	for _, st := range sts {
		for _, a := range attachmentsOf(st) {
			described[a.SHA2] = true
		}
	}
	var staged []record.Staged
	came := map[string]bool{}
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return sts, staged, nil // record refuses what is missing
		}
		if err != nil {
			return nil, nil, malformed(err)
		}
		if len(staged) >= record.MaxAttachments {
			return nil, nil, preau.E(preau.TooLarge, "too many attachments at once", fmt.Sprintf("Send at most %d in a request.", record.MaxAttachments), nil)
		}
		hash, err := partHash(part.Header)
		if err != nil {
			return nil, nil, err
		}
		if !described[hash] || came[hash] {
			return nil, nil, invalid("a part belongs to no attachment of the statements, or comes twice: " + quote(hash))
		}
		s, err := l.Records.Stage(q.Context(), part, hash)
		if err != nil {
			return nil, nil, malformed(err)
		}
		came[hash] = true
		staged = append(staged, s)
	}
}

// partHash checks the headers of a part that is an attachment (1.0.3, part
// three, 1.5.2).
func partHash(h textproto.MIMEHeader) (string, error) {
	if !strings.EqualFold(h.Get(headerEncoding), "binary") {
		return "", invalid("each part after the first has the header " + headerEncoding + ": binary")
	}
	hash := strings.ToLower(h.Get(headerHash))
	if hash == "" {
		return "", invalid("each part after the first has the header " + headerHash)
	}
	return hash, nil
}

// attachmentsOf lists a statement's, with those of the statement inside it.
func attachmentsOf(st *xapi.Statement) []xapi.Attachment {
	all := st.Attachments
	if st.Object.Sub != nil {
		all = append(all[:len(all):len(all)], st.Object.Sub.Attachments...)
	}
	return all
}

// malformed tells a body that is cut or no multipart from one too large.
func malformed(err error) error {
	var tooBig *http.MaxBytesError
	var own *preau.Error
	if errors.As(err, &tooBig) || errors.As(err, &own) {
		return err
	}
	return preau.E(preau.Invalid, "the parts of the request cannot be read", "Send multipart/mixed as RFC 2046 has it.", err)
}

// multipart answers with JSON and the bytes of attachments.
func (q *request) multipart(statements []byte, parts []record.Part) error {
	out := multipart.NewWriter(q.w)
	q.w.Header().Set("Content-Type", "multipart/mixed; boundary="+out.Boundary())
	if q.Method == http.MethodHead {
		q.w.WriteHeader(http.StatusOK)
		return nil
	}
	if err := writeParts(out, statements, parts); err != nil {
		return &cutOff{err}
	}
	return nil
}

func writeParts(out *multipart.Writer, statements []byte, parts []record.Part) error {
	first, err := out.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	if _, err := first.Write(statements); err != nil {
		return err
	}
	for _, p := range parts {
		if err := writePart(out, p); err != nil {
			return err
		}
	}
	return out.Close()
}

func writePart(out *multipart.Writer, p record.Part) error {
	// The header names keep the specification's capitals.
	w, err := out.CreatePart(textproto.MIMEHeader{
		"Content-Type": {p.ContentType}, headerEncoding: {"binary"}, headerHash: {p.SHA2},
	})
	if err != nil {
		return err
	}
	r, err := p.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}
