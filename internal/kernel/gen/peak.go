package main

// Registers of a probe: sums that do not wait for each other, and two factors.
const (
	probeSums   = 12
	probeFactor = probeSums
)

// probes have nothing but multiply-adds of registers: as many per cycle as there
// can be.
func probes() string {
	f := newFile(avx2)
	probe(f)
	f.isa = avx512
	probe(f)
	return f.String()
}

func probe(f *file) {
	f.function("probeLoop(rounds int)", 8)
	f.op("MOVQ rounds+0(FP), CX")
	for v := range probeFactor + 2 {
		f.op("VXORPS V%[1]d, V%[1]d, V%[1]d", v)
	}
	f.label("loop")
	for v := range probeSums {
		f.op("VFMADD231PS V%d, V%d, V%d", probeFactor, probeFactor+1, v)
	}
	f.op("DECQ CX")
	f.op("JNZ loop")
	f.end()
}
