// Package backbones declares image networks and turns photos into features.
//
// A backbone is a [Spec]: a plain value with a name, the preprocessing that its
// weights were trained with, and a function that declares its layers. [New]
// joins it with weights. An own backbone is an own Spec; nothing is registered.
//
//	name                 input  features  parameters  source
//	ResNet50V2           224    2,048     23,564,800  arXiv:1603.05027
//	ResNet101V2          224    2,048     42,626,560
//	ResNet152V2          224    2,048     58,331,648
//	DenseNet121          224    1,024      7,037,504  arXiv:1608.06993
//	DenseNet169          224    1,664     12,642,880
//	DenseNet201          224    1,920     18,321,984
//	VGG16                224      512     14,714,688  arXiv:1409.1556
//	VGG19                224      512     20,024,384
//	EfficientNetLite0    224    1,280      3,413,024  arXiv:1905.11946
//	EfficientNetLite1    240    1,280      4,189,344
//	EfficientNetLite2    260    1,280      4,869,168
//
// Input is the usual number of pixels a side; any size from 32 up works, and
// height and width may differ. Parameters are those without the 1,000-class top.
package backbones
