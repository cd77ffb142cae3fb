package nn

import (
	"reflect"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/cairnml/cairn/internal/op"
)

// ownOps fails where a graph has an operation of gorgonia's own, constants aside.
// With the tag cuda gorgonia would move those to a GPU, or hang without one.
func ownOps(t *testing.T, name string, nodes G.Nodes) {
	t.Helper()
	own := reflect.TypeFor[op.Frame]().PkgPath()
	for _, n := range nodes {
		if n.Op() == nil || n.IsVar() {
			continue
		}
		kind := reflect.TypeOf(n.Op())
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if kind.PkgPath() != own && kind.Name() != "constantScalar" {
			t.Errorf("%s: %v is an operation of %s", name, n, kind)
		}
	}
}

func TestNoStockOps(t *testing.T) {
	for _, n := range networks {
		m, err := Compile(drawn{}, Config{Threads: 1}, n.Build(NewBuilder()))
		if err != nil {
			t.Fatal(err)
		}
		machine := <-m.machines
		ownOps(t, n.Name, machine.input.Graph().AllNodes())
		m.machines <- machine
		m.Close()
	}
	trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: 4}, tower(8, 3, 0.5))
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	ownOps(t, "training", trainer.graph.graph.AllNodes())
}
