package data

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a list of photos.
type Problem struct {
	Place string // such as "labels.csv: line 7" or "folder beagle"
	Err   error
}

func (p *Problem) Error() string { return fmt.Sprintf("%s: %v", p.Place, p.Err) }

// Unwrap returns the reason.
func (p *Problem) Unwrap() error { return p.Err }

// Problems is everything that is wrong with a list of photos, as one error. Its
// text has the first 20.
type Problems struct {
	list    []*Problem
	entries int // of the list, good and bad
}

// All yields the problems in the order of the list.
func (p *Problems) All() iter.Seq[*Problem] { return slices.Values(p.list) }

// Len returns the number of problems.
func (p *Problems) Len() int { return len(p.list) }

// Unwrap returns the problems.
func (p *Problems) Unwrap() []error {
	list := make([]error, len(p.list))
	for i, problem := range p.list {
		list[i] = problem
	}
	return list
}

const problemsShown = 20

func (p *Problems) Error() string {
	if len(p.list) == 1 {
		return "data: " + p.list[0].Error()
	}
	var s strings.Builder
	fmt.Fprintf(&s, "data: %d of %d entries can't be used:", len(p.list), p.entries)
	for _, problem := range p.list[:min(len(p.list), problemsShown)] {
		fmt.Fprintf(&s, "\n  %v", problem)
	}
	if more := len(p.list) - problemsShown; more > 0 {
		fmt.Fprintf(&s, "\n  and %d more", more)
	}
	return s.String()
}
