package demo

import (
	"preau/edge/box"
	"preau/provisioning/rehearse/visit"
)

// person is somebody of the simulated class.
type person struct{ *visit.Person }

func newPerson(boxURL string, a box.Account) (*person, error) {
	p, err := visit.New(boxURL, nil, visit.Account{Person: a.Person, Name: a.Name, Role: a.Role, Class: a.Class, Group: a.Group, Login: a.Login, Secret: a.Secret})
	return &person{p}, err
}
