"""The files of a record to a machine over SSH, as the service did that ran on Airflow: its `http2ssh`, one file behind the other.

For each file a look, a touch and an open over one channel of SFTP, a request and a pipelined write. The service touched by a command that it did not wait for;
touching by SFTP is quicker than to wait for one. What arrives is neither compared nor synced.
"""

import os
import sys

import paramiko
import requests


def http2ssh(url, sftp_client, remote_name):
    try:
        sftp_client.stat(remote_name)
    except OSError:
        pass
    sftp_client.open(remote_name, "ab").close()
    with requests.get(url, stream=True) as answer:
        length, written = int(answer.headers.get("Content-Length", 0)), 0
        with sftp_client.open(remote_name, "wb") as file:
            file.set_pipelined(pipelined=True)
            for chunk in answer.iter_content(chunk_size=1024 * 1000):
                written += len(chunk)
                file.write(memoryview(chunk))
    if 0 < length != written:
        raise RuntimeError(f"{remote_name}: {written} of {length} bytes")


def main():
    bucket, port, user, key, known_hosts, target = sys.argv[1:]
    with paramiko.SSHClient() as ssh_client:
        ssh_client.load_host_keys(known_hosts)
        ssh_client.connect("127.0.0.1", int(port), user, key_filename=key, look_for_keys=False, allow_agent=False)
        sftp_client = ssh_client.open_sftp()
        sftp_client.mkdir(target)
        for line in requests.get(bucket).json()["contents"]:
            http2ssh(f"{bucket}/{line['key']}", sftp_client, os.path.join(target, line["key"]))


main()
