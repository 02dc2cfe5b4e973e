package passkey

// Made and Used judge an answer as Add and SignIn do, but for its challenge.
func Made(at Site, body []byte) (key []byte, err error) {
	a, err := readAnswer(body)
	if err != nil {
		return nil, err
	}
	d, err := a.made(at)
	return d.key, err
}

// Used is of a key's use.
func Used(at Site, key, body []byte) error {
	a, err := readAnswer(body)
	if err != nil {
		return err
	}
	_, err = a.used(at, key)
	return err
}
