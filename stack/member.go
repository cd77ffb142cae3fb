package stack

import (
	"crypto/sha256"
	"fmt"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
)

// Member is what a stack says of one of its backbones.
type Member struct {
	Name     string
	Features int
	// Fingerprint identifies everything that a photo's features depend on, to the
	// bit: how photos are decoded, resized and preprocessed, the layers, the
	// weights, and the kind of inner loops. The same file and the same fingerprint
	// give the same features.
	Fingerprint [32]byte

	facts member
}

// String describes the member in a line.
func (m Member) String() string {
	return fmt.Sprintf("%s %d×%d %s, %s, weights %.12s", m.Name, m.facts.Height, m.facts.Width, m.facts.Interpolation, m.facts.Output, m.facts.Weights)
}

// Members describes the backbones of the stack, in their order.
func (s *Stack) Members() []Member {
	list := make([]Member, len(s.members))
	for i, m := range s.facts() {
		list[i] = Member{Name: m.Name, Features: m.Features, facts: m, Fingerprint: s.fingerprint(m, s.members[i])}
	}
	return list
}

func (s *Stack) fingerprint(m member, b *backbones.Backbone) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s %+v\n%+v\n%s\n", data.DecoderVersion, s.decoder, m, b.Model().Identity()))
}
