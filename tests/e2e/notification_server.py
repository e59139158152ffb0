"""A notification server (Desktop Notifications Specification 1.2) that clicks. Argument: the file to which each notice is written, a line of JSON.

A notice with "click" in its title is clicked soon after.
"""

import json
import sys

from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
# Milliseconds from a notice to the click on it.
HUMAN = 300
INTERFACE = f"""<node><interface name="{NAME}">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{{sv}}" direction="in"/>
    <arg type="i" direction="in"/><arg type="u" direction="out"/></method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""
shown = []


def notify(bus, arguments):
    _, _, _, title, text, actions, _, _ = arguments
    shown.append(title)
    with open(sys.argv[1], "a", encoding="utf-8") as told:
        told.write(json.dumps({"title": title, "text": text, "actions": actions}) + "\n")
    if "click" in title:
        clicked = GLib.Variant("(us)", (len(shown), actions[0]))
        # Nobody clicks before there is something to be seen.
        GLib.timeout_add(HUMAN, lambda: bus.emit_signal(None, PATH, NAME, "ActionInvoked", clicked) and False)
    return GLib.Variant("(u)", (len(shown),))


def called(bus, _sender, _path, _interface, method, arguments, call):
    if method == "Notify":
        call.return_value(notify(bus, arguments.unpack()))
    else:
        call.return_value(GLib.Variant("(as)", (["actions", "body", "body-markup"],)))


def began(bus, _name):
    node = Gio.DBusNodeInfo.new_for_xml(INTERFACE)
    bus.register_object(PATH, node.interfaces[0], called, None, None)


Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, began, lambda *_: open(sys.argv[1], "a").close(), None)
GLib.MainLoop().run()
