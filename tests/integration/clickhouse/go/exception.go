package main

import (
	"errors"
	"regexp"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2"
)

var codePattern = regexp.MustCompile(`[Cc]ode: (\d+)`)

// asException returns the server's exception in an error, whichever way the library hands it over.
func asException(err error) (*clickhouse.Exception, bool) {
	if err == nil {
		return nil, false
	}
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return exception, true
	}
	if found := codePattern.FindStringSubmatch(err.Error()); found != nil {
		code, _ := strconv.Atoi(found[1])
		return &clickhouse.Exception{Code: int32(code), Message: err.Error()}, true
	}
	return nil, false
}
