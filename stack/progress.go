package stack

import "time"

// Progress says how far an extraction is.
type Progress struct {
	Done   int // photos, the cached and bad ones among them
	Total  int // photos in the list, 0 if that is not known
	Cached int // photos of which the cache had all features
	Bad    int // photos that were skipped

	Elapsed time.Duration
	Rate    float64       // photos a second lately
	Left    time.Duration // until the end at that rate, 0 if it is not known
}

// rateSpan is how far back the rate looks, in steps that are kept. Cached photos
// are done faster by far than others, so that a rate since the start would tell
// nothing about what comes.
const (
	rateSpan = 20 * time.Second
	rateStep = time.Second
)

// meter makes Progress of photos done.
type meter struct {
	Progress
	begin time.Time
	marks []mark // the oldest first, a rateStep apart
}

type mark struct {
	at   time.Time
	done int
}

func newMeter(total int) *meter {
	now := time.Now()
	return &meter{Progress: Progress{Total: total}, begin: now, marks: []mark{{at: now}}}
}

// count counts a photo.
func (m *meter) count(cached, bad bool) {
	m.Done++
	if cached {
		m.Cached++
	}
	if bad {
		m.Bad++
	}
}

// now brings the times up to date.
func (m *meter) now() Progress {
	now := time.Now()
	m.Elapsed = now.Sub(m.begin)
	for len(m.marks) > 1 && now.Sub(m.marks[1].at) >= rateSpan {
		m.marks = m.marks[1:]
	}
	first := m.marks[0]
	if span := now.Sub(first.at).Seconds(); span > 0 {
		m.Rate = float64(m.Done-first.done) / span
	}
	m.Left = 0
	if m.Rate > 0 && m.Total > m.Done {
		m.Left = time.Duration(float64(m.Total-m.Done) / m.Rate * float64(time.Second))
	}
	if now.Sub(m.marks[len(m.marks)-1].at) >= rateStep {
		m.marks = append(m.marks, mark{now, m.Done})
	}
	return m.Progress
}
