#!/usr/bin/env python3
"""Joins datasets in the layout of COCO into one: a manifest, its annotations, and copies of the photographs.

    scripts/join-coco.py MANIFEST MANIFEST... --out FOLDER

Writes FOLDER.toml, FOLDER/annotations/instances.json and FOLDER/images/. Photographs and annotations get new ids, in the order
of the manifests; categories are joined by their names. The program itself skips photographs whose bytes are those of another one.
"""

import argparse
import json
import shutil
import sys
import tomllib
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifests", nargs="+", type=Path, metavar="MANIFEST")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.out.exists():
        sys.exit(f"{arguments.out} exists already: name another folder")
    photographs = arguments.out / "images"
    photographs.mkdir(parents=True)
    joined = {"images": [], "annotations": [], "categories": []}
    category_ids = {}
    for manifest in arguments.manifests:
        keys = tomllib.loads(manifest.read_text())
        if keys.get("kind") != "coco":
            sys.exit(f"{manifest}: only manifests with `kind = \"coco\"` can be joined")
        images = manifest.parent / keys["images"]
        coco = json.loads((manifest.parent / keys["annotations"]).read_text())
        for category in coco["categories"]:
            category_ids.setdefault(category["name"], len(category_ids) + 1)
        names = {category["id"]: category["name"] for category in coco["categories"]}
        ids = {}
        for image in coco["images"]:
            ids[image["id"]] = len(joined["images"]) + 1
            name = f"{manifest.stem}/{image['file_name']}"
            (photographs / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(images / image["file_name"], photographs / name)
            joined["images"].append({**image, "id": ids[image["id"]], "file_name": name})
        for annotation in coco["annotations"]:
            joined["annotations"].append({
                "id": len(joined["annotations"]) + 1,
                "image_id": ids[annotation["image_id"]],
                "category_id": category_ids[names[annotation["category_id"]]],
            })
    joined["categories"] = [{"id": number, "name": name} for name, number in category_ids.items()]
    annotations = arguments.out / "annotations" / "instances.json"
    annotations.parent.mkdir()
    annotations.write_text(json.dumps(joined))
    arguments.out.with_suffix(".toml").write_text(
        f'kind = "coco"\nimages = "{arguments.out.name}/images"\nannotations = "{arguments.out.name}/annotations/instances.json"\n'
    )
    print(f"{len(joined['images'])} photographs, {len(joined['categories'])} categories: {arguments.out.with_suffix('.toml')}")


if __name__ == "__main__":
    main()
