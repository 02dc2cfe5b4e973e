package xapi

type value struct{}
