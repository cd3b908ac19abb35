"""Reads the files of one session with nibabel, SimpleITK and pynrrd, and prints what is in them as one line of JSON.

usage: annotator-files.py FOLDER
FOLDER has scan.nii.gz, the files labels.nii.gz, segments.zip, all.seg.nrrd and volumes.csv that were downloaded, and for
every object a mask-VALUE.raw with one byte per voxel and a merged.raw with two, first axis fastest, to compare with.
"""

import csv
import glob
import json
import os
import re
import sys
import tempfile
import zipfile

import nibabel
import nrrd
import numpy
import SimpleITK

folder = sys.argv[1]
path = lambda name: os.path.join(folder, name)  # noqa: E731
scan = nibabel.load(path("scan.nii.gz"))
masks = {
    int(re.search(r"mask-(\d+)", name).group(1)): numpy.fromfile(name, numpy.uint8).reshape(scan.shape, order="F") > 0
    for name in glob.glob(path("mask-*.raw"))
}


def differing(found, value):
    """Voxels in which a mask is not the one of that value."""
    return int(numpy.count_nonzero(found != masks[value]))


def affine_error(affine):
    return float(numpy.abs(numpy.asarray(affine) - scan.affine).max())


out = {"voxels": {value: int(mask.sum()) for value, mask in masks.items()}}

image = nibabel.load(path("labels.nii.gz"))
labels = numpy.asarray(image.dataobj)
itk = SimpleITK.ReadImage(path("labels.nii.gz"))
source = SimpleITK.ReadImage(path("scan.nii.gz"))
merged = numpy.fromfile(path("merged.raw"), numpy.uint16).reshape(scan.shape, order="F")
covered = numpy.logical_or.reduce(list(masks.values()))
out["label_map"] = {
    "type": str(image.get_data_dtype()),
    "affine_error": affine_error(image.affine),
    "codes": [int(image.header["qform_code"]), int(image.header["sform_code"])],
    "differing": int(numpy.count_nonzero(labels != merged)),
    # Each voxel has the value of an object that is there, and background only where none is.
    "stray": {value: int(numpy.count_nonzero((labels == value) & ~mask)) for value, mask in masks.items()},
    "uncovered": int(numpy.count_nonzero((labels > 0) != covered)),
    "alone": {value: int(numpy.count_nonzero(labels == value)) for value in masks},
    "itk_differing": int(numpy.count_nonzero(SimpleITK.GetArrayFromImage(itk).T != labels)),
    "itk_geometry": all(
        numpy.allclose(getattr(itk, name)(), getattr(source, name)(), atol=1e-5)
        for name in ("GetSize", "GetOrigin", "GetSpacing", "GetDirection")
    ),
}

out["segments"] = {}
with tempfile.TemporaryDirectory() as unpacked:
    zipfile.ZipFile(path("segments.zip")).extractall(unpacked)
    for name in sorted(os.listdir(unpacked)):
        image = nibabel.load(os.path.join(unpacked, name))
        mask = numpy.asarray(image.dataobj)
        value = next((value for value in masks if differing(mask == 1, value) == 0), 0)
        out["segments"][name] = {
            "value": value,
            "values": [int(one) for one in numpy.unique(mask)],
            "affine_error": affine_error(image.affine),
        }

data, header = nrrd.read(path("all.seg.nrrd"))
layered = data if data.ndim == 4 else data[None]
directions = numpy.asarray(header["space directions"], float)[-3:].T
turn = numpy.diag([-1, -1, 1]) if header["space"] == "left-posterior-superior" else numpy.eye(3)
affine = numpy.eye(4)
affine[:3, :3] = turn @ directions
affine[:3, 3] = turn @ header["space origin"]
out["slicer"] = {"affine_error": affine_error(affine), "segments": []}
for n in range(len(masks)):
    part = {key: header.get(f"Segment{n}_{key}") for key in ("Name", "Color", "Layer", "LabelValue", "ID")}
    mask = layered[int(part["Layer"])] == int(part["LabelValue"])
    value = int(part["LabelValue"])
    out["slicer"]["segments"].append({"name": part["Name"], "value": value, "differing": differing(mask, value)})

with open(path("volumes.csv"), newline="", encoding="utf-8-sig") as file:
    out["table"] = list(csv.DictReader(file))
print(json.dumps(out))
