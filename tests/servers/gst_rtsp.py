#!/usr/bin/env python3
"""An RTSP server of GStreamer's: `/play` gives a file to readers, `/record` takes one publisher's H.264 and AAC.

Usage: gst_rtsp.py PORT FILE FOLDER

`/play` begins at the file's start for each reader, so with a keyframe. What is published goes to FOLDER/N.mkv, N counting
the sessions. A line on standard output says that it listens.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PLAY = (
    "( filesrc location={} ! qtdemux name=d "
    "d.video_0 ! queue ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 "
    "d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )"
)
RECORD = (
    "( rtph264depay name=depay0 ! h264parse ! queue ! m. "
    "rtpmp4gdepay name=depay1 ! aacparse ! queue ! m. "
    "matroskamux streamable=true name=m ! filesink sync=false async=false location={} )"
)


class Recorder(GstRtspServer.RTSPMediaFactory):
    """A new file for each publisher."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.sessions = 0
        self.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)

    def do_create_element(self, _url):
        self.sessions += 1
        return Gst.parse_launch(RECORD.format(os.path.join(self.folder, f"{self.sessions}.mkv")))


def main():
    port, file, folder = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    play = GstRtspServer.RTSPMediaFactory()
    play.set_launch(PLAY.format(file))
    mounts = server.get_mount_points()
    mounts.add_factory("/play", play)
    mounts.add_factory("/record", Recorder(folder))
    if server.attach(None) == 0:
        sys.exit(f"port {port} is taken")
    print("listening", flush=True)
    GLib.MainLoop().run()


main()
