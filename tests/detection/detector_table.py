"""What is published about the detectors of the zoo, typed from there.

Parameters of torchvision's detectors are `num_params` of their weights; those of SSD300 and SSD512 for 20
classes, Fast and Faster R-CNN on VGG-16 and ZF, and of the YOLOs follow from the layers that the papers and
the authors' models state. The boxes of SSD are those of its paper, section 2.2.
"""

from __future__ import annotations

from typing import NamedTuple


class Detector(NamedTuple):
    """One detector: its parameters, how many boxes lie on each of its maps (at the size of its own input,
    if that is known), and the builder of torchvision's with its classes."""

    name: str
    parameters: int
    boxes: tuple[int, ...] = ()
    torchvision: str | None = None
    classes: int = 91


_SSD300 = (5776, 2166, 600, 150, 36, 4)
_SSDLITE = (2400, 600, 150, 54, 24, 6)

DETECTORS = (
    Detector("ssd300", 26_285_486, _SSD300),
    Detector("ssd512", 27_188_676, (16384, 6144, 1536, 384, 96, 16, 4)),
    Detector("ssd300torchvision", 35_641_826, _SSD300, "ssd300_vgg16"),
    Detector("ssdlitemobilenetv3", 3_440_060, _SSDLITE, "ssdlite320_mobilenet_v3_large"),
    Detector("ssdlitemobilenetv2", 4_664_988, _SSDLITE),
    Detector("faster_rcnn", 41_755_286, (), "fasterrcnn_resnet50_fpn"),
    Detector("fasterrcnnvgg16", 137_078_239),
    Detector("fasterrcnnzf", 59_294_751),
    Detector("fastrcnnvgg16", 134_690_729),
    Detector("fastrcnnzf", 58_690_793),
    Detector("retinanet", 34_014_999, (), "retinanet_resnet50_fpn"),
    Detector("yolov1", 271_703_550, (98,)),
    Detector("yolov2", 50_655_389, (845,)),
    Detector("yolov2_coco", 50_962_889, (845,)),
    Detector("yolov2_darknet", 50_655_389, (845,)),
    Detector("yolov3", 61_949_149, (507, 2028, 8112)),
    Detector("rcnn", 57_277_924),
    Detector("fcn32s_voc", 136_152_917),
    Detector("fcn16s_voc", 134_815_994),
    Detector("fcn8s_voc", 134_489_759),
    Detector("digitsssd", 874_270, (1536, 384, 96)),
    Detector("digitsyolo", 328_106, (768, 192)),
    Detector("digitsfasterrcnn", 1_468_340),
    Detector("digitsretinanet", 807_694),
)
BY_NAME = {detector.name: detector for detector in DETECTORS}
