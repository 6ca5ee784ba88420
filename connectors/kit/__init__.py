"""The connector kit: what every source needs, once.

A connector is declared with the classes of ``auth``, ``pagination``, ``cursor``, ``quota`` and ``declaration``;
``process`` runs it. The pure parts decide (``verdict``, ``quota``, ``schedule``, ``state``, ``event``), the
others do (``client``, ``pace``, ``fetch``, ``poller``, ``publisher``, ``loop``).
"""
