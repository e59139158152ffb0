"""A window to drag files from, as a file manager's is. Arguments: its title, then the URIs that it hands over."""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

title, uris = sys.argv[1], sys.argv[2:]
window = Gtk.Window(title=title)
window.set_default_size(150, 90)
window.set_keep_above(True)
window.move(1270, 780)
area = Gtk.EventBox()
area.add(Gtk.Label(label=f"{len(uris)} to drag"))
window.add(area)
area.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
area.drag_source_add_uri_targets()
area.connect("drag-data-get", lambda _area, _context, data, _info, _time: data.set_uris(uris))
window.connect("destroy", Gtk.main_quit)


def tell():
    print("ready", flush=True)
    return False


# Once it is drawn; before that the pointer would find nothing under it.
window.connect_after("map-event", lambda *_: GLib.idle_add(tell) and False)
window.show_all()
Gtk.main()
