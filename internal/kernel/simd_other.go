package kernel

func (p *product) multiply(Implementation) { p.multiplyGo() }
