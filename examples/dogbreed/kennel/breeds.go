package kennel

// breed is one row of the table: what stays the same in all photos of a breed.
// Lengths are in units of a medium dog's back.
type breed struct {
	name   string
	build  build
	ear    ear
	tail   tail
	hair   hair
	marks  marks
	colors []palette // one is drawn per photo
}

// build is the dog under its coat.
type build struct {
	leg     float64 // ground to elbow
	back    float64 // hip to shoulder
	chest   float64 // radius of the rib cage
	waist   float64 // radius of the waist
	bone    float64 // radius of the leg
	neck    float64 // length
	skull   float64 // radius
	muzzle  float64 // length
	snout   float64 // radius of the muzzle
	carried float64 // angle of the neck against the ground, degrees
}

// palette holds a coat's main colour, that of its marks, and that of its trim.
type palette struct{ main, mark, trim rgb }

type (
	ear struct {
		shape earShape
		size  float64
	}
	tail struct {
		shape  tailShape
		length float64
	}
	hair struct {
		kind        hairKind
		length      float64
		beard, ruff bool
	}
	marks uint
)

type (
	earShape  int
	tailShape int
	hairKind  int
)

const (
	pricked  earShape = iota // upright triangles
	bat                      // upright, broad and round
	drooping                 // hanging beside the cheek
	button                   // folded forward
	rose                     // folded back
)

const (
	whip   tailShape = iota // long, thin, low
	sabre                   // carried straight up
	curled                  // rolled over the back
	plumed                  // a hanging flag of hair
	docked                  // a stump
	otter                   // thick and straight
	pompon                  // a ball on a stick
)

const (
	short hairKind = iota
	wiry
	long
	curly
)

// The marks of a coat, laid over its main colour in this order.
const (
	brindle marks = 1 << iota // dark stripes
	merle                     // ragged dark blotches
	pied                      // a few large patches
	spots                     // many round spots
	saddle                    // dark back and sides
	mantle                    // dark above, trim below and in the face
	points                    // trim on legs, muzzle, chest, and over the eyes
	socks                     // trim on feet, chest, tail tip and a blaze
	mask                      // dark muzzle and ears
)

var (
	white    = hex(0xece6da)
	cream    = hex(0xdcc8a2)
	fawn     = hex(0xbf9a68)
	red      = hex(0x98603a)
	chestnut = hex(0x6b3d24)
	black    = hex(0x2b2826)
	charcoal = hex(0x4a474a)
	silver   = hex(0x9a9a9e)
)

// table is the whole kennel. Coats share their colours on purpose: what tells
// two breeds apart is ears, tail, hair, marks and build.
var table = [...]breed{
	{
		name:   "bramble_bully",
		build:  build{leg: 0.34, back: 0.74, chest: 0.27, waist: 0.21, bone: 0.075, neck: 0.16, skull: 0.22, muzzle: 0.06, snout: 0.135, carried: 48},
		ear:    ear{bat, 1.0},
		tail:   tail{docked, 0.08},
		hair:   hair{kind: short, length: 0.004},
		marks:  pied,
		colors: []palette{{white, black, white}, {white, chestnut, white}, {cream, charcoal, white}, {white, fawn, white}},
	},
	{
		name:   "chalk_dotter",
		build:  build{leg: 0.56, back: 0.92, chest: 0.235, waist: 0.165, bone: 0.056, neck: 0.30, skull: 0.175, muzzle: 0.25, snout: 0.085, carried: 52},
		ear:    ear{drooping, 0.75},
		tail:   tail{whip, 0.62},
		hair:   hair{kind: short, length: 0.004},
		marks:  spots,
		colors: []palette{{white, black, white}, {white, chestnut, white}, {cream, black, white}},
	},
	{
		name:   "cloud_curler",
		build:  build{leg: 0.52, back: 0.78, chest: 0.26, waist: 0.21, bone: 0.085, neck: 0.30, skull: 0.21, muzzle: 0.22, snout: 0.075, carried: 68},
		ear:    ear{drooping, 1.0},
		tail:   tail{pompon, 0.36},
		hair:   hair{kind: curly, length: 0.036},
		colors: []palette{{cream, cream, cream}, {fawn, fawn, fawn}, {charcoal, charcoal, charcoal}, {white, white, white}},
	},
	{
		name:   "ember_setter",
		build:  build{leg: 0.54, back: 0.98, chest: 0.235, waist: 0.175, bone: 0.054, neck: 0.29, skull: 0.175, muzzle: 0.26, snout: 0.085, carried: 45},
		ear:    ear{drooping, 1.2},
		tail:   tail{plumed, 0.62},
		hair:   hair{kind: long, length: 0.030},
		colors: []palette{{red, red, red}, {chestnut, chestnut, chestnut}, {fawn, fawn, fawn}},
	},
	{
		name:   "fjord_spitz",
		build:  build{leg: 0.44, back: 0.80, chest: 0.28, waist: 0.24, bone: 0.062, neck: 0.20, skull: 0.20, muzzle: 0.17, snout: 0.085, carried: 58},
		ear:    ear{pricked, 0.75},
		tail:   tail{curled, 0.80},
		hair:   hair{kind: long, length: 0.034, ruff: true},
		marks:  mantle,
		colors: []palette{{silver, charcoal, white}, {fawn, red, white}, {charcoal, black, white}, {white, white, white}, {fawn, fawn, fawn}},
	},
	{
		name:   "harbour_hound",
		build:  build{leg: 0.38, back: 0.88, chest: 0.235, waist: 0.185, bone: 0.060, neck: 0.22, skull: 0.18, muzzle: 0.20, snout: 0.090, carried: 48},
		ear:    ear{drooping, 1.35},
		tail:   tail{sabre, 0.46},
		hair:   hair{kind: short, length: 0.005},
		marks:  saddle | socks,
		colors: []palette{{fawn, black, white}, {red, charcoal, white}, {cream, chestnut, white}, {fawn, fawn, white}, {red, red, white}},
	},
	{
		name:   "heath_runner",
		build:  build{leg: 0.68, back: 0.98, chest: 0.235, waist: 0.115, bone: 0.042, neck: 0.36, skull: 0.145, muzzle: 0.30, snout: 0.058, carried: 50},
		ear:    ear{rose, 0.9},
		tail:   tail{whip, 0.80},
		hair:   hair{kind: short, length: 0.003},
		marks:  brindle,
		colors: []palette{{fawn, chestnut, fawn}, {silver, charcoal, silver}, {red, black, red}, {fawn, fawn, fawn}, {charcoal, charcoal, charcoal}},
	},
	{
		name:   "hill_drover",
		build:  build{leg: 0.20, back: 1.02, chest: 0.235, waist: 0.20, bone: 0.066, neck: 0.24, skull: 0.195, muzzle: 0.20, snout: 0.078, carried: 55},
		ear:    ear{pricked, 1.25},
		tail:   tail{docked, 0.07},
		hair:   hair{kind: short, length: 0.012},
		marks:  saddle | socks,
		colors: []palette{{red, red, white}, {fawn, fawn, white}, {fawn, black, white}, {red, charcoal, white}},
	},
	{
		name:   "lantern_terrier",
		build:  build{leg: 0.48, back: 0.76, chest: 0.225, waist: 0.185, bone: 0.068, neck: 0.28, skull: 0.165, muzzle: 0.26, snout: 0.095, carried: 66},
		ear:    ear{button, 1.0},
		tail:   tail{sabre, 0.26},
		hair:   hair{kind: wiry, length: 0.020, beard: true},
		marks:  saddle,
		colors: []palette{{fawn, black, fawn}, {cream, charcoal, cream}, {red, charcoal, red}, {fawn, fawn, fawn}, {charcoal, charcoal, charcoal}},
	},
	{
		name:   "marsh_mastiff",
		build:  build{leg: 0.50, back: 0.98, chest: 0.31, waist: 0.25, bone: 0.088, neck: 0.22, skull: 0.24, muzzle: 0.13, snout: 0.150, carried: 38},
		ear:    ear{drooping, 0.6},
		tail:   tail{otter, 0.54},
		hair:   hair{kind: short, length: 0.005},
		marks:  mask,
		colors: []palette{{fawn, black, fawn}, {cream, black, cream}, {red, black, red}, {silver, charcoal, silver}, {fawn, fawn, fawn}, {charcoal, black, charcoal}},
	},
	{
		name:   "moor_guard",
		build:  build{leg: 0.60, back: 0.88, chest: 0.25, waist: 0.165, bone: 0.054, neck: 0.32, skull: 0.165, muzzle: 0.25, snout: 0.080, carried: 62},
		ear:    ear{pricked, 1.05},
		tail:   tail{docked, 0.14},
		hair:   hair{kind: short, length: 0.003},
		marks:  points,
		colors: []palette{{black, black, fawn}, {chestnut, chestnut, fawn}, {charcoal, charcoal, cream}, {red, red, red}},
	},
	{
		name:   "slate_collie",
		build:  build{leg: 0.46, back: 0.92, chest: 0.25, waist: 0.20, bone: 0.056, neck: 0.26, skull: 0.175, muzzle: 0.25, snout: 0.068, carried: 46},
		ear:    ear{button, 0.85},
		tail:   tail{plumed, 0.66},
		hair:   hair{kind: long, length: 0.030, ruff: true},
		marks:  merle | socks,
		colors: []palette{{silver, black, white}, {fawn, chestnut, white}, {silver, charcoal, fawn}, {red, red, white}, {charcoal, charcoal, white}},
	},
}

// individual is one dog of the breed: no two have quite the same build.
func (b breed) individual(d dice) *breed {
	vary := func(spread float64, lengths ...*float64) {
		for _, x := range lengths {
			*x *= d.between(1-spread, 1+spread)
		}
	}
	vary(0.10, &b.build.leg, &b.build.back, &b.build.bone, &b.build.neck, &b.build.muzzle, &b.build.snout)
	vary(0.06, &b.build.chest, &b.build.waist, &b.build.skull)
	vary(0.18, &b.ear.size, &b.tail.length, &b.hair.length)
	return &b
}

// Breeds returns the names of the twelve breeds, sorted.
func Breeds() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].name
	}
	return names
}
