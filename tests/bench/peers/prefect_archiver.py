#!/usr/bin/env python3
"""Archives one dataset as the Prefect archiver does (SwissOpenEM/ScopeMArchiver, backend/archiver/flows/archive_datasets_flow.py): every
object of the landing zone to scratch, tars, checksums, tars to the staging bucket and back, to the LTS by rsync with checksums, back
twice to compare the tar and each of its files.

usage: prefect_archiver.py ENDPOINT LANDING PREFIX STAGING SCRATCH LTS    (keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)
"""

import hashlib
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3

TARGET = 20 * 1000**3
WORKERS = 4


def digest(stream):
    sums = hashlib.md5()
    for chunk in iter(lambda: stream.read(1 << 20), b""):
        sums.update(chunk)
    return sums.hexdigest()


def digest_of(path):
    with path.open("rb") as stream:
        return digest(stream)


def rsync(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["rsync", "--recursive", "--checksum", str(source), f"{folder}/"], check=True)


def fetch(store, bucket, prefix, folder):
    """Every object below the prefix as a file."""

    def one(key):
        path = folder / key[len(prefix):].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        store.download_file(bucket, key, str(path))
        return path

    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(one, keys))


def pack(files, raw, folder):
    """Tars of about TARGET bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    tars, room = [], 0
    tar = None
    for path in files:
        size = path.stat().st_size
        if tar is None or size > room:
            if tar is not None:
                tar.close()
            tars.append(folder / f"block_{len(tars)}.tar")
            tar, room = tarfile.open(tars[-1], "w"), TARGET
        tar.add(path, arcname=path.relative_to(raw))
        room -= size
    if tar is not None:
        tar.close()
    return tars


def proved(tar, lts, back, sums):
    """Moves a tar to the LTS and compares what can be read there, as a whole and file by file."""
    whole = digest_of(tar)
    rsync(tar, lts)
    rsync(lts / tar.name, back)
    if digest_of(back / tar.name) != whole:
        sys.exit(f"{tar.name} differs on the LTS")
    (back / tar.name).unlink()
    rsync(lts / tar.name, back)
    with tarfile.open(back / tar.name) as packed:
        for member in packed.getmembers():
            if digest(packed.extractfile(member)) != sums[member.name]:
                sys.exit(f"{member.name} differs in {tar.name}")
    (back / tar.name).unlink()


def main():
    endpoint, landing, prefix, staging, scratch, lts = sys.argv[1:]
    store = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    raw, blocks, back = (Path(scratch) / name for name in ("raw", "blocks", "back"))
    files = fetch(store, landing, prefix, raw)
    tars = pack(files, raw, blocks)
    with ThreadPoolExecutor(WORKERS) as workers:
        sums = dict(zip((str(path.relative_to(raw)) for path in files), workers.map(digest_of, files)))
    for tar in tars:
        store.upload_file(str(tar), staging, f"blocks/{tar.name}")
    for tar in tars:
        tar.unlink()
        store.download_file(staging, f"blocks/{tar.name}", str(tar))
        proved(tar, Path(lts), back, sums)
    os.sync()


main()
