package protocol_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"preau/edge/live/protocol"
)

var update = flag.Bool("update", false, "rewrite the schema from the Go types")

const schemaFile = "../../../docs/live-protocol.schema.json"

var inbound = []protocol.Message{&protocol.Hello{}, &protocol.Ping{}, &protocol.Open{}, &protocol.Play{}, &protocol.Pause{}, &protocol.Seek{},
	&protocol.SetRate{}, &protocol.Close{}, &protocol.Attention{}, &protocol.Lower{}, &protocol.End{}, &protocol.Hand{}, &protocol.Ack{},
	&protocol.Status{}, &protocol.Ready{}, &protocol.Draw{}, &protocol.Rub{}, &protocol.Point{}, &protocol.Chalk{}, &protocol.Ask{}, &protocol.AskClose{},
	&protocol.AskEnd{}, &protocol.AskShow{}, &protocol.Answer{}, &protocol.TimerStart{}, &protocol.TimerStop{}, &protocol.TimerPause{}, &protocol.TimerGo{},
	&protocol.ShareAsk{}, &protocol.Share{}, &protocol.Invite{}, &protocol.Leave{}}

var outbound = []protocol.Message{&protocol.Welcome{}, &protocol.StageSet{}, &protocol.AttentionSet{}, &protocol.Ended{}, &protocol.Presence{},
	&protocol.Count{}, &protocol.OK{}, &protocol.Failure{}, &protocol.Pong{}, &protocol.Mine{}, &protocol.Inked{}, &protocol.Rubbed{},
	&protocol.Pointed{}, &protocol.ChalkSet{}, &protocol.QuestionSet{}, &protocol.Tally{}, &protocol.Answers{}, &protocol.TimerSet{}, &protocol.Teachers{}}

type object = map[string]any

// schema derives the JSON Schema from the Go types, so that the file in docs
// cannot say anything else than the code.
func schema() object {
	defs := object{}
	var typeOf func(t reflect.Type) object
	structOf := func(t reflect.Type, kind protocol.Kind) object {
		props, required := object{}, []string{}
		if kind != "" {
			props["t"] = object{"const": kind}
			required = append(required, "t")
		}
		for f := range t.Fields() {
			name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := typeOf(f.Type)
			if doc := f.Tag.Get("doc"); doc != "" {
				p["description"] = doc
			}
			if most, err := strconv.Atoi(f.Tag.Get("most")); err == nil {
				p["maxItems"] = most
			}
			if most, err := strconv.Atoi(f.Tag.Get("max")); err == nil {
				if items, ok := p["items"].(object); ok {
					items["maxLength"] = most
				} else {
					p["maxLength"] = most
				}
			}
			if list := f.Tag.Get("enum"); list != "" {
				p["enum"] = strings.Split(list, ",")
			}
			props[name] = p
			if opts != "omitempty" {
				required = append(required, name)
			}
		}
		return object{"type": "object", "properties": props, "required": required}
	}
	typeOf = func(t reflect.Type) object {
		if t == reflect.TypeFor[protocol.Value]() {
			return object{"anyOf": []any{object{"type": "string"}, object{"type": "number"}, object{"type": "array", "items": object{"type": "integer"}}}}
		}
		switch t.Kind() {
		case reflect.String:
			return object{"type": "string"}
		case reflect.Bool:
			return object{"type": "boolean"}
		case reflect.Int, reflect.Int64:
			return object{"type": "integer"}
		case reflect.Float64:
			return object{"type": "number"}
		case reflect.Slice:
			return object{"type": "array", "items": typeOf(t.Elem())}
		case reflect.Pointer:
			inner := typeOf(t.Elem())
			if _, ok := inner["$ref"]; ok {
				return object{"anyOf": []any{inner, object{"type": "null"}}}
			}
			return inner
		case reflect.Struct:
			name := strings.ToLower(t.Name())
			if defs[name] == nil {
				defs[name] = structOf(t, "")
			}
			return object{"$ref": "#/$defs/" + name}
		}
		panic("no JSON for " + t.String())
	}
	side := func(dir string, ms []protocol.Message) []object {
		var refs []object
		for _, m := range ms {
			name := dir + "." + string(protocol.KindOf(m))
			defs[name] = structOf(reflect.TypeOf(m).Elem(), protocol.KindOf(m))
			refs = append(refs, object{"$ref": "#/$defs/" + name})
		}
		return refs
	}
	in, out := side("client", inbound), side("server", outbound)
	defs["client"] = object{"description": "what a client may send", "oneOf": in}
	defs["server"] = object{"description": "what the server may send", "oneOf": out}
	return object{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": protocol.Subprotocol,
		"oneOf": []object{{"$ref": "#/$defs/client"}, {"$ref": "#/$defs/server"}}, "$defs": defs}
}

func TestSchema_AgreesWithTheTypes(t *testing.T) {
	want, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the types say: go test ./edge/live/protocol -update", schemaFile)
	}
}

// TestSchema_LengthsAreEnforced sends each text at its stated limit and one
// byte over.
func TestSchema_LengthsAreEnforced(t *testing.T) {
	for _, m := range inbound {
		typ := reflect.TypeOf(m).Elem()
		for f := range typ.Fields() {
			most, err := strconv.Atoi(f.Tag.Get("max"))
			isList := f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.String
			if f.Type.Kind() != reflect.String && !isList || f.Tag.Get("enum") != "" {
				continue
			}
			if err != nil {
				t.Errorf("%s.%s is a text without a limit", typ.Name(), f.Name)
				continue
			}
			for _, n := range []int{most, most + 1} {
				v := reflect.New(typ)
				fill(v.Elem())
				field := v.Elem().FieldByIndex(f.Index)
				if isList {
					field = field.Index(0)
				}
				field.SetString(strings.Repeat("é", n/2) + strings.Repeat("a", n%2))
				b, err := protocol.Encode(v.Interface().(protocol.Message))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := protocol.Decode(b); (err == nil) != (n == most) {
					t.Errorf("%s.%s of %d bytes: %v", typ.Name(), f.Name, n, err)
				}
			}
		}
	}
}

// TestSchema_ListsAreBounded sends each list at its stated limit and one over.
func TestSchema_ListsAreBounded(t *testing.T) {
	for _, m := range inbound {
		typ := reflect.TypeOf(m).Elem()
		for f := range typ.Fields() {
			if f.Type.Kind() != reflect.Slice {
				continue
			}
			most, err := strconv.Atoi(f.Tag.Get("most"))
			if err != nil {
				t.Errorf("%s.%s is a list without a limit", typ.Name(), f.Name)
				continue
			}
			for _, n := range []int{most, most + 1} {
				v := reflect.New(typ)
				fill(v.Elem())
				list := v.Elem().FieldByIndex(f.Index)
				for list.Len() < n {
					list.Set(reflect.Append(list, list.Index(0)))
				}
				b, err := protocol.Encode(v.Interface().(protocol.Message))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := protocol.Decode(b); (err == nil) != (n == most) {
					t.Errorf("%s.%s of %d: %v", typ.Name(), f.Name, n, err)
				}
			}
		}
	}
}

// fill gives every field a value within its limits.
func fill(v reflect.Value) {
	switch m := v.Addr().Interface().(type) {
	case *protocol.Value:
		*m = protocol.Value{Number: new(1.0)}
		return
	case *protocol.Ask:
		m.Choices = []string{"x", "y"}
	case *protocol.Stroke: // pointers below would be out of its limits
		*m = protocol.Stroke{ID: "x", Tool: "pen", Color: "#0a0B09", Width: 0.01, Points: []float64{0, 0.5, 1}}
		return
	}
	for f := range v.Type().Fields() {
		w := v.FieldByIndex(f.Index)
		switch w.Kind() {
		case reflect.String:
			list, _, _ := strings.Cut(f.Tag.Get("enum"), ",")
			if f.Name == "To" && v.FieldByName("For").IsValid() {
				list = "pupils"
			}
			w.SetString(list)
			if list == "" {
				w.SetString("x")
			}
		case reflect.Slice:
			if w.Len() == 0 {
				w.Set(reflect.MakeSlice(w.Type(), 1, 1))
				if e := w.Index(0); e.Kind() == reflect.Struct {
					fill(e)
				} else if e.Kind() == reflect.String {
					e.SetString("x")
				}
			}
		case reflect.Struct:
			fill(w)
		case reflect.Float64:
			w.SetFloat(1)
		case reflect.Int, reflect.Int64:
			w.SetInt(1)
		case reflect.Bool:
			w.SetBool(true)
		}
	}
}

func TestDecode_ReadsBackWhatEncodeWrites(t *testing.T) {
	for _, m := range inbound {
		v := reflect.New(reflect.TypeOf(m).Elem())
		fill(v.Elem())
		b, err := protocol.Encode(v.Interface().(protocol.Message))
		if err != nil {
			t.Fatal(err)
		}
		got, err := protocol.Decode(b)
		if err != nil || !reflect.DeepEqual(got, v.Interface()) {
			t.Errorf("%s came back as %+v, %v", b, got, err)
		}
	}
	for _, m := range outbound {
		b, err := protocol.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := protocol.DecodeServer(b); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s came back as %+v, %v", b, got, err)
		}
	}
}
