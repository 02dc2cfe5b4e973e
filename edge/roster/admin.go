package roster

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"preau"
	"preau/edge/roster/source"
	"preau/internal/httpkit"
)

// maxEnvelope leaves room for names around what source accepts.
const maxEnvelope = source.MaxUpload + 1<<20

// InstallAdmin installs the command's handlers. Both take the files in an
// envelope (see Pack) or as a form's files, and settle=KEY=ID, shrink=1 and
// year=2026 in the query.
func (i *Importer) InstallAdmin(handle func(pattern string, h httpkit.Handler)) {
	answer := func(apply bool) httpkit.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			inputs, err := ReadInputs(w, r)
			if err != nil {
				return err
			}
			opts, err := ParseOptions(r.URL.Query())
			if err != nil {
				return err
			}
			report, err := i.run(r.Context(), inputs, opts, apply)
			if err != nil {
				return err
			}
			return httpkit.WriteJSON(w, http.StatusOK, report)
		}
	}
	handle("POST /admin/roster/preview", answer(false))
	handle("POST /admin/roster/apply", answer(true))
	handle("GET /admin/roster/export", i.exportAll)
}

// Query is the options as the handlers read them.
func (o Options) Query() url.Values {
	q := url.Values{}
	for key, id := range o.Settled {
		q.Add("settle", key+"="+id)
	}
	if o.Shrink {
		q.Set("shrink", "1")
	}
	if o.Year != 0 {
		q.Set("year", strconv.Itoa(o.Year))
	}
	return q
}

// ParseOptions reads what Query wrote, or a form's fields.
func ParseOptions(q url.Values) (o Options, err error) {
	if o.Settled, err = ParseSettled(q["settle"]); err != nil {
		return o, err
	}
	o.Shrink = q.Get("shrink") != ""
	if year := q.Get("year"); year != "" {
		if o.Year, err = strconv.Atoi(year); err != nil || o.Year < 2000 || o.Year > 2200 {
			return o, preau.E(preau.Invalid, fmt.Sprintf("%.10q is not a school year", year), "Give its first calendar year, such as 2026.", err)
		}
	}
	return o, nil
}

// ParseSettled reads answers of the form KEY=ID.
func ParseSettled(answers []string) (map[string]string, error) {
	settled := map[string]string{}
	for _, s := range answers {
		at := strings.LastIndex(s, "=")
		if at < 1 || at == len(s)-1 || !strings.Contains(s[:at], "/") {
			return nil, preau.E(preau.Invalid, fmt.Sprintf("%.80q does not settle anything", s), "Give KEY=ID or KEY=new, as the preview shows them.", nil)
		}
		settled[s[:at]] = s[at+1:]
	}
	return settled, nil
}

// Pack puts files into an envelope: an archive that only carries them.
func Pack(w io.Writer, inputs []source.Input) error {
	z := zip.NewWriter(w)
	for _, in := range inputs {
		f, err := z.CreateHeader(&zip.FileHeader{Name: in.Name, Method: zip.Store})
		if err != nil {
			return fmt.Errorf("pack %s: %w", in.Name, err)
		}
		if _, err := f.Write(in.Data); err != nil {
			return fmt.Errorf("pack %s: %w", in.Name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack files: %w", err)
	}
	return nil
}

// ReadInputs takes the files out of a request: a form's files or an
// envelope.
func ReadInputs(w http.ResponseWriter, r *http.Request) ([]source.Input, error) {
	body := http.MaxBytesReader(w, r.Body, maxEnvelope)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		r.Body = body
		return formFiles(r)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, received(err)
	}
	return unpack(raw)
}

func received(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return preau.E(preau.TooLarge, "the files are larger than any school's", "Give the exports of one school.", err)
	}
	return preau.E(preau.Invalid, "the files did not arrive whole", "Send them again.", err)
}

// formFiles reads the parts of a form one by one: nothing is spooled to disk.
func formFiles(r *http.Request) (inputs []source.Input, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, received(err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return inputs, nil
		}
		if err != nil {
			return nil, received(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, received(err)
		}
		if name := part.FileName(); name != "" && len(data) > 0 {
			inputs = append(inputs, source.Input{Name: name, Data: data})
		}
	}
}

func unpack(raw []byte) (inputs []source.Input, err error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, received(err)
	}
	left := uint64(source.MaxUpload)
	for _, f := range z.File {
		if f.Method != zip.Store || f.UncompressedSize64 > left {
			return nil, preau.E(preau.TooLarge, "the files are larger than any school's", "Give the exports of one school.", nil)
		}
		left -= f.UncompressedSize64
		in, err := f.Open()
		if err != nil {
			return nil, received(err)
		}
		data, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			return nil, received(err)
		}
		inputs = append(inputs, source.Input{Name: f.Name, Data: data})
	}
	return inputs, nil
}
