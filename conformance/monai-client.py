"""Drives MONAI Label's own Python client against a server. Prints what came of it as one line of JSON.

usage: monai-client.py FOLDER_OF_CLIENT URL SCAN PASSWORD CALLS
CALLS is a JSON list of calls, one after another in one session: {"label": …, "foreground": […], "background": […]}
"""

import hashlib
import json
import os
import sys
import tempfile

folder, url, scan, password, calls = sys.argv[1:]
sys.path.insert(0, folder)
from client import MONAILabelClient, MONAILabelClientException  # noqa: E402

out = {}
with tempfile.TemporaryDirectory() as tmp:
    client = MONAILabelClient(url, tmpdir=tmp, client_id="user-xyz")
    out["auth"] = client.auth_enabled()
    if out["auth"]:
        client.update_auth(client.auth_token("ada", password))
        out["valid"] = client.auth_valid_token()
    out["info"] = client.info()
    out["training"] = client.train_status(check_if_running=True)
    session = client.create_session(scan)
    out["known"] = client.get_session(session["session_id"])["name"] == session["session_info"]["name"]
    out["results"] = []
    for call in json.loads(calls):
        params = {**call, "result_extension": ".nrrd", "result_dtype": "uint8"}
        path, answer = client.infer("nnInteractive", "MR head + more", params, session_id=session["session_id"])
        with open(path, "rb") as file:
            content = file.read()
        result = {"name": os.path.basename(path), "params": answer, "sha256": hashlib.sha256(content).hexdigest()}
        try:
            import SimpleITK as sitk

            image, source = sitk.ReadImage(path), sitk.ReadImage(scan)
            result["geometry"] = [
                [a, b]
                for a, b in [
                    (image.GetSize(), source.GetSize()),
                    (image.GetOrigin(), source.GetOrigin()),
                    (image.GetSpacing(), source.GetSpacing()),
                    (image.GetDirection(), source.GetDirection()),
                ]
            ]
            result["type"] = image.GetPixelIDTypeAsString()
            result["mask"] = sitk.GetArrayFromImage(image).tobytes().hex()
        except ImportError:
            pass
        out["results"].append(result)
    client.remove_session(session["session_id"])
    try:
        client.get_session(session["session_id"])
        out["removed"] = False
    except MONAILabelClientException as error:
        out["removed"] = error.status_code == 404
print(json.dumps(out))
