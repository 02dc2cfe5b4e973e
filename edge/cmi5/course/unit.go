package course

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// reserved are the parameters of a launch: a URL of a course must not use
// their names.
var reserved = []string{"endpoint", "fetch", "actor", "registration", "activityId"}

func (p *parser) unit(el *element) (au *AU, err error) {
	au = &AU{}
	if au.ID, err = p.identify(el); err != nil {
		return nil, err
	}
	where := "AU " + au.ID
	if err := el.check(where, "id moveOn masteryScore launchMethod activityType", "title description objectives? url launchParameters? entitlementKey?"); err != nil {
		return nil, err
	}
	if au.Title, au.Description, err = texts(el, where); err != nil {
		return nil, err
	}
	if au.Objectives, err = p.references(el, where); err != nil {
		return nil, err
	}
	au.MoveOn = MoveOn(valueOr(el, "moveOn", string(NotApplicable)))
	switch au.MoveOn {
	case Passed, Completed, CompletedAndPassed, CompletedOrPassed, NotApplicable:
	default:
		return nil, refuse(fmt.Sprintf("%s has the moveOn %.40q", where, au.MoveOn), "section 13.1.4, it is Passed, Completed, CompletedAndPassed, CompletedOrPassed or NotApplicable")
	}
	au.LaunchMethod = valueOr(el, "launchMethod", AnyWindow)
	if au.LaunchMethod != AnyWindow && au.LaunchMethod != OwnWindow {
		return nil, refuse(fmt.Sprintf("%s has the launchMethod %.40q", where, au.LaunchMethod), "section 13.1.4, it is AnyWindow or OwnWindow")
	}
	if v, set := el.attr["masteryScore"]; set {
		if au.MasteryScore, err = mastery(v, where); err != nil {
			return nil, err
		}
	}
	if el.attr["activityType"] != "" {
		if au.ActivityType, err = iri(el, "activityType", where); err != nil {
			return nil, err
		}
	}
	if k := el.one("launchParameters"); k != nil {
		au.LaunchParameters = k.value()
	}
	if k := el.one("entitlementKey"); k != nil {
		au.EntitlementKey = k.value()
	}
	au.URL = el.one("url").value()
	au.Online, err = p.location(au.URL, where)
	return au, err
}

func valueOr(el *element, attr, other string) string { return cmp.Or(el.attr[attr], other) }

// location checks an AU's URL and says whether it leads out of the package.
func (p *parser) location(v, where string) (online bool, err error) {
	u, err := url.Parse(v)
	if v == "" || len(v) > 2048 || err != nil || strings.ContainsAny(v, " \\\t\r\n") {
		return false, refuse(fmt.Sprintf("%s has the url %.200q", where, v), "section 13.1.4, it is a URL")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return false, refuse(fmt.Sprintf("%s has a url with a broken query", where), "section 13.1.4, it is a URL")
	}
	for _, name := range reserved {
		if query.Has(name) {
			return false, refuse(fmt.Sprintf("%s has a url with the parameter %s", where, name), "section 8.1, names of the launch's parameters are not for the url's own query")
		}
	}
	if u.IsAbs() {
		// A course is opened in a browser of the school: javascript:, data:
		// and applications' own schemes are not for it.
		if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
			return false, refuse(fmt.Sprintf("%s has the url %.200q", where, v), "a box launches what a browser opens: a whole url is http or https, without a user")
		}
		return true, nil
	}
	if p.has == nil {
		return false, refuse(fmt.Sprintf("%s has the relative url %.200q, and there is no package", where, v), "section 14.2, without a zip every url is fully qualified")
	}
	if u.Host != "" || strings.HasPrefix(u.Path, "/") || !local(path.Clean(u.Path)) {
		return false, refuse(fmt.Sprintf("%s has the url %.200q, which leaves the package", where, v), "section 14.1, a relative url leads to a file of the package")
	}
	if !p.has(path.Clean(u.Path)) {
		return false, refuse(fmt.Sprintf("%s has the url %.200q, and the package has no such file", where, v), "section 14.1, an entry point that is not in the package has a fully qualified url")
	}
	return false, nil
}
